"""An API that takes Claviger's access tokens and API keys, and that can sign people in for its frontend.

`caller.py` says who is calling, by `tokens.py` or by `api_keys.py`; `login.py` is for a frontend that asks its backend
for the login URL.
"""

from fastapi import FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.docs import get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse
from fastapi_swagger import patch_fastapi
from pydantic import BaseModel
from starlette.middleware.sessions import SessionMiddleware

import login
from caller import Admin, Caller, Reader, Writer
from settings import COOKIE_SECRET, FRONTEND
from tokens import Claims

app = FastAPI(title="Items", docs_url=None, redoc_url=None, swagger_ui_oauth2_redirect_url=None)

# Remembers a sign-in under way, in the browser that began it: HttpOnly, SameSite=Lax, signed, for ten minutes. Put
# `https_only=True` wherever there is TLS.
app.add_middleware(SessionMiddleware, COOKIE_SECRET, session_cookie="items-sign-in", path="/login", max_age=600)

# Which pages of other origins may call this API from a script. The last one added sees a request first, and has to:
# the preflight brings neither token nor cookie.
app.add_middleware(
    CORSMiddleware,
    allow_origins=[FRONTEND],
    allow_methods=["GET", "POST", "DELETE"],
    allow_headers=["Authorization"],
    allow_credentials=True,  # the cookie of /login; everything else goes by the token
    expose_headers=["WWW-Authenticate"],
)
app.include_router(login.router)


class Item(BaseModel):
    name: str


items = {name: Item(name=name) for name in ("lantern", "key")}


@app.get("/")
def hello() -> dict[str, str]:
    """Open to all."""
    return {"hello": "The items are at /items, the documentation at /docs."}


@app.get("/items")
def list_items(_: Reader) -> list[Item]:
    """Needs `items:read`."""
    return list(items.values())


@app.post("/items", status_code=201)
def add_item(item: Item, _: Writer) -> Item:
    """Needs `items:write`."""
    items[item.name] = item
    return item


@app.delete("/items/{name}")
def remove_item(name: str, _: Admin) -> Item:
    """Needs `items:write` and, of the person, the role `admin`."""
    if name not in items:
        raise HTTPException(404, "There is no such item")
    return items.pop(name)


@app.get("/me")
def me(caller: Caller) -> Claims:
    """Needs any valid token or key, and shows its claims. `sub` says who calls, `client_id` by what application."""
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
