"""Who is calling, by the API key of the request: for programs that can't sign in.

A key says nothing by itself: what it is good for is known to the issuer alone, so each request asks it (RFC 7662).
"""

import logging
from typing import Annotated

import httpx2
from fastapi import HTTPException, Security
from fastapi.security import APIKeyHeader, APIKeyQuery

from settings import API_ID, API_KEY_IN_QUERY, API_SECRET, ISSUER
from tokens import Claims, refusal

log = logging.getLogger(__name__)

MADE = "People make a key at the authorization server, on the page of their account."

# `auto_error=False`: a request without a key may bring a token.
by_header = APIKeyHeader(name="X-API-Key", description=MADE, auto_error=False)
by_query = APIKeyQuery(name="api_key", description=f"{MADE} Prefer the header.", auto_error=False)

# Asks as this API. The issuer answers about keys for this API, and says that every other one is not active.
issuer = httpx2.Client(auth=(API_ID, API_SECRET), timeout=5)


def switched_off() -> None:
    """Stands where the query would be asked for a key, so that neither the API nor its documentation knows of it."""


# Not `async`: FastAPI then runs it in a thread, where asking the issuer holds up nobody else.
def key_claims(
    header_key: Annotated[str | None, Security(by_header)],
    query_key: Annotated[str | None, Security(by_query if API_KEY_IN_QUERY else switched_off)],
) -> Claims | None:
    """What the issuer says about the request's API key, if it brings one: claims as a token has them."""
    key = header_key or query_key
    if not key:
        return None
    try:
        claims = issuer.post(f"{ISSUER}/introspect", data={"token": key}).raise_for_status().json()
    except (httpx2.HTTPError, ValueError) as error:
        log.error("cannot ask about an API key: %r", error)
        raise HTTPException(503, "The authorization server cannot be reached") from error
    # The issuer would also tell about an access token, which has a header of its own.
    if not claims["active"] or claims.get("token_type") != "api_key":
        log.warning("refused an API key: the issuer knows no such key that is active")
        raise refusal(401, error="invalid_token")
    return claims
