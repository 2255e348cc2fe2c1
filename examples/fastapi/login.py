"""Signing people in for a frontend that leaves this to its backend.

The frontend asks for a URL and sends the browser there; the issuer sends it back to the frontend, with a code; the
frontend hands the code over, and the backend, which has a secret at the issuer, redeems it.
"""

import logging
from typing import Annotated

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, Form, HTTPException, Request, Response
from httpx2 import HTTPError
from joserfc.errors import JoseError
from pydantic import BaseModel

from settings import CLIENT_ID, CLIENT_SECRET, FRONTEND, ISSUER

log = logging.getLogger(__name__)

issuer = OAuth().register(
    "issuer",
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile items:read items:write", "code_challenge_method": "S256"},
)

router = APIRouter(prefix="/login", tags=["sign-in for the frontend"])


class LoginUrl(BaseModel):
    url: str


class SignedIn(BaseModel):
    access_token: str
    token_type: str
    expires_in: int
    name: str | None
    logout_url: str


@router.get("")
async def login_url(request: Request, provider: str | None = None) -> LoginUrl:
    """Where to send the browser. `provider` names another identity provider to sign in at, if the issuer has it."""
    extra = {"provider": provider} if provider else {}
    try:
        sign_in = await issuer.create_authorization_url(f"{FRONTEND}/backend-callback", **extra)
    except HTTPError as error:
        raise unreachable(error) from error
    # State, nonce and PKCE's verifier go into the cookie of main.py, so that only this browser can finish what it began.
    await issuer.save_authorize_data(request, redirect_uri=f"{FRONTEND}/backend-callback", **sign_in)
    return LoginUrl(url=sign_in["url"])


@router.post("/callback")
async def callback(
    request: Request, response: Response, code: Annotated[str, Form()], state: Annotated[str, Form()]
) -> SignedIn:
    """Redeems what the issuer sent the browser back with, for a token to call this API with."""
    response.headers["Cache-Control"] = "no-store"
    try:
        # Takes code and state from the form. It checks the state against the cookie, and the ID token: signature,
        # issuer, audience, times, nonce.
        tokens = await issuer.authorize_access_token(request)
        person = await issuer.userinfo(token=tokens)
        # OpenID Connect Core §5.3.2: an answer about somebody else must not be used.
        if person["sub"] != tokens["userinfo"]["sub"]:
            raise AuthlibBaseError("userinfo_mismatch", "userinfo is about another person")
        logout = await issuer.create_logout_url(f"{FRONTEND}/", tokens["id_token"])
    except HTTPError as error:
        raise unreachable(error) from error
    except (AuthlibBaseError, JoseError) as error:
        log.warning("refused a sign-in: %r", error)  # for our log, not for whoever sent the code
        raise HTTPException(400, "This sign-in can't be finished. Please sign in again.") from error
    return SignedIn(
        access_token=tokens["access_token"],
        token_type=tokens["token_type"],
        expires_in=tokens["expires_in"],
        name=person.get("name"),
        logout_url=logout["url"],
    )


def unreachable(error: HTTPError) -> HTTPException:
    log.error("cannot reach the authorization server: %r", error)
    return HTTPException(503, "The authorization server cannot be reached")
