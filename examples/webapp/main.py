"""A web application whose pages are made on the server, with Claviger as its login."""

import logging
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from httpx2 import HTTPError
from joserfc.errors import JoseError
from starlette.middleware.sessions import SessionMiddleware

import sessions
from sessions import Session
from settings import BASE_URL, CLIENT_ID, CLIENT_SECRET, COOKIE_SECRET, ISSUER, SECURE

FOLDER = Path(__file__).parent
# The form of the sign-out leads on to the issuer.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    f"form-action 'self' {ISSUER}"
)

log = logging.getLogger(__name__)
app = FastAPI(openapi_url=None)
app.mount("/static", StaticFiles(directory=FOLDER / "static"))

# Remembers a sign-in under way, for ten minutes: state, nonce and PKCE's verifier, and the page that wanted it. It is
# signed, so that nobody else can make one up, and worth nothing to the person who can read it; and it needs no place on
# the server, which everybody could fill. What it says is over once they are signed in: that is in `sessions.py`.
app.add_middleware(SessionMiddleware, COOKIE_SECRET, session_cookie="webapp-sign-in", max_age=600, https_only=SECURE)

claviger = OAuth().register(
    "claviger",
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
)


class SignInNeeded(Exception):
    """A page is for people who are signed in."""


def person(request: Request) -> Session:
    """What a private page depends on."""
    if session := sessions.find(request):
        return session
    raise SignInNeeded


@app.get("/")
def home(request: Request) -> HTMLResponse:
    return page(request, "home.html")


@app.get("/private")
def private(request: Request, session: Annotated[Session, Depends(person)]) -> HTMLResponse:
    return page(request, "private.html", person=session.person)


@app.get("/login")
async def login(request: Request) -> Response:
    return await sign_in(request, "/")


@app.exception_handler(SignInNeeded)
async def private_page_asked_for(request: Request, _: SignInNeeded) -> Response:
    # It is remembered in the cookie and not in the URL, where everybody could write another site's.
    return await sign_in(request, request.url.path)


async def sign_in(request: Request, return_to: str) -> Response:
    request.session["return_to"] = return_to
    return await claviger.authorize_redirect(request, f"{BASE_URL}/callback")


@app.get("/callback")
async def callback(request: Request) -> Response:
    """Where Claviger sends the browser back to."""
    # Authlib checks the state against the cookie, and the ID token: signature, issuer, audience, times, nonce.
    tokens = await claviger.authorize_access_token(request)
    claims = await claviger.userinfo(token=tokens)
    # OpenID Connect Core §5.3.2: an answer about somebody else must not be used.
    if claims["sub"] != tokens["userinfo"]["sub"]:
        raise AuthlibBaseError("userinfo_mismatch", "userinfo is about another person")
    response = RedirectResponse(request.session.pop("return_to", "/"), 303)
    sessions.begin(request, response, Session(claims, tokens["id_token"]))
    return response


# A POST: the browser keeps the cookie back from another site's form (SameSite=Lax), so nobody else can sign people out.
@app.post("/logout")
async def logout(request: Request) -> Response:
    """Ends the session here, and has Claviger end its own: otherwise the next sign-in would ask for nothing."""
    session = sessions.find(request)
    target = "/"
    if session:
        metadata = await claviger.load_server_metadata()
        wish = {"id_token_hint": session.id_token, "post_logout_redirect_uri": f"{BASE_URL}/"}
        target = f"{metadata['end_session_endpoint']}?{urlencode(wish)}"
    response = RedirectResponse(target, 303)
    sessions.end(request, response)
    return response


@app.exception_handler(AuthlibBaseError)
@app.exception_handler(JoseError)
def refused(request: Request, error: Exception) -> HTMLResponse:
    log.warning("refused a sign-in: %r", error)  # for our log: it is no help to the person
    allowed = getattr(error, "error", None) != "access_denied"
    words = "This sign-in can't be finished." if allowed else "You did not allow it, so you are not signed in."
    return page(request, "problem.html", 400, problem=words)


@app.exception_handler(HTTPError)
def unreachable(request: Request, error: HTTPError) -> HTMLResponse:
    log.error("cannot reach the authorization server: %r", error)
    return page(request, "problem.html", 503, problem="The login server does not answer.")


def with_session(request: Request) -> dict[str, Session | None]:
    """What every page is told: it says at its top who is signed in."""
    return {"session": sessions.find(request)}


templates = Jinja2Templates(FOLDER / "templates", context_processors=[with_session])


def page(request: Request, template: str, status: int = 200, **context: object) -> HTMLResponse:
    # Nobody finds somebody else's page by going back.
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin"}
    return templates.TemplateResponse(request, template, context, status, headers)
