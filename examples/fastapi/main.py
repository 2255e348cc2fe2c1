"""An API that trusts Claviger's access tokens.

It sees no password and keeps no secret: it fetches the issuer's public keys, and checks every token by itself.
"""

import logging
import os
from typing import Annotated, Any

import jwt
from fastapi import FastAPI, HTTPException, Security
from fastapi.openapi.docs import get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse
from fastapi.security import OAuth2AuthorizationCodeBearer, OAuth2PasswordBearer, SecurityScopes
from fastapi_swagger import patch_fastapi
from pydantic import BaseModel

ISSUER = os.environ.get("ISSUER", "http://localhost:8080")
AUDIENCE = os.environ.get("AUDIENCE", "http://localhost:8000")  # this API's identifier at the issuer, not its address
SCOPES = {"items:read": "Read the items", "items:write": "Add items"}

app = FastAPI(title="Items", docs_url=None, redoc_url=None, swagger_ui_oauth2_redirect_url=None)
log = logging.getLogger(__name__)

# Two ways to get a token, offered side by side by the Authorize button of /docs. Both put it into the same header, so
# neither refuses a request by itself (auto_error=False): `verified` does.
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


# Not `async`: FastAPI then runs it in a thread, where fetching the keys holds up nobody else.
def verified(
    required: SecurityScopes,
    code_token: Annotated[str | None, Security(by_code)],
    password_token: Annotated[str | None, Security(by_password)],
) -> dict[str, Any]:
    """The claims of the request's access token, checked as RFC 9068 §4 asks."""
    token = code_token or password_token
    if not token:
        raise refusal(401, scope=required.scope_str)
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
    claims = verified_token["payload"]
    if not set(required.scopes) <= set(claims.get("scope", "").split()):
        raise refusal(403, error="insufficient_scope", scope=required.scope_str)
    return claims


def refusal(status: int, **parameters: str) -> HTTPException:
    """What RFC 6750 §3 answers: the challenge says what went wrong and which scope is needed."""
    challenge = ", ".join(f'{name}="{value}"' for name, value in parameters.items() if value)
    detail = parameters.get("error", "Not authenticated")
    return HTTPException(status, detail, headers={"WWW-Authenticate": f"Bearer {challenge}".rstrip()})


Caller = Annotated[dict[str, Any], Security(verified)]
Reader = Annotated[dict[str, Any], Security(verified, scopes=["items:read"])]
Writer = Annotated[dict[str, Any], Security(verified, scopes=["items:write"])]


class Item(BaseModel):
    name: str


items = [Item(name="lantern"), Item(name="key")]


@app.get("/")
def hello() -> dict[str, str]:
    """Open to all."""
    return {"hello": "The items are at /items, the documentation at /docs."}


@app.get("/items")
def list_items(_: Reader) -> list[Item]:
    """Needs `items:read`."""
    return items


@app.post("/items", status_code=201)
def add_item(item: Item, _: Writer) -> Item:
    """Needs `items:write`."""
    items.append(item)
    return item


@app.get("/me")
def me(caller: Caller) -> dict[str, Any]:
    """Needs any valid token, and shows its claims. `sub` says who is calling, `client_id` through which application."""
    return caller


# FastAPI's own /docs loads Swagger UI from a CDN; this serves the same page with the files of a package.
patch_fastapi(
    app,
    redirect_from_root_to_docs=False,
    swagger_ui_parameters={},
    oauth2_redirect_url="/docs/oauth2-redirect",
    init_oauth={
        "clientId": "demo-spa",
        "usePkceWithAuthorizationCodeGrant": True,
        "scopes": "items:read items:write",
    },
)


@app.get("/docs/oauth2-redirect", include_in_schema=False)
def oauth2_redirect() -> HTMLResponse:
    """Where the issuer sends the browser back to; the page hands the code to the /docs window."""
    return get_swagger_ui_oauth2_redirect_html()
