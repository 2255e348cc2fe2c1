"""Who is calling, by the access token of the request.

It sees no password and keeps no secret: it fetches the issuer's public keys, and checks every token by itself.
"""

import logging
from typing import Annotated, Any

import jwt
from fastapi import HTTPException, Security
from fastapi.security import OAuth2AuthorizationCodeBearer, OAuth2PasswordBearer

from settings import AUDIENCE, ISSUER, SCOPES

log = logging.getLogger(__name__)

# Two ways to get a token, offered side by side by the Authorize button of /docs. Both put it into the same header, and
# an API key may stand in for it, so neither refuses a request by itself (auto_error=False): `caller.py` does.
by_code = OAuth2AuthorizationCodeBearer(
    authorizationUrl=f"{ISSUER}/authorize",
    tokenUrl=f"{ISSUER}/token",
    refreshUrl=f"{ISSUER}/token",
    scopes=SCOPES,
    description="Sign in at the authorization server. Leave `client_secret` empty.",
    auto_error=False,
)
by_password = OAuth2PasswordBearer(
    tokenUrl=f"{ISSUER}/token",
    scopes=SCOPES,
    description="For first-party applications only: set `client_id` to `demo-password`.",
    auto_error=False,
)

# Keeps the keys for five minutes; a token that names an unknown key makes it look again, at most every 30 seconds.
keys = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json")

Claims = dict[str, Any]


# Not `async`: FastAPI then runs it in a thread, where fetching the keys holds up nobody else.
def token_claims(
    code_token: Annotated[str | None, Security(by_code)],
    password_token: Annotated[str | None, Security(by_password)],
) -> Claims | None:
    """The claims of the request's access token, if it brings one, checked as RFC 9068 §4 asks."""
    token = code_token or password_token
    if not token:
        return None
    try:
        verified_token = jwt.decode_complete(
            token,
            keys.get_signing_key_from_jwt(token),
            algorithms=["RS256"],  # our choice, never the token's
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=10,  # seconds by which the two clocks may differ
            options={"require": ["exp", "sub"]},
        )
        # An ID token is signed by the same keys; only its type says that it is not an access token.
        if verified_token["header"].get("typ", "").lower() not in ("at+jwt", "application/at+jwt"):
            raise jwt.InvalidTokenError("not an access token")
    except jwt.PyJWKClientConnectionError as error:
        log.error("cannot fetch the signing keys: %r", error)
        raise HTTPException(503, "The authorization server cannot be reached") from error
    except jwt.PyJWTError as error:
        log.warning("refused a token: %r", error)  # for our log, not for whoever sent the token
        raise refusal(401, error="invalid_token") from error
    return verified_token["payload"]


def refusal(status: int, **parameters: str) -> HTTPException:
    """What RFC 6750 §3 answers: the challenge says what went wrong and which scope is needed."""
    challenge = ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)
    detail = parameters.get("error", "Not authenticated")
    return HTTPException(status, detail, headers={"WWW-Authenticate": f"Bearer {challenge}".rstrip()})
