"""Who is signed in. The browser has a random number in a cookie, and what it stands for is kept here.

So signing out ends a session for good, whatever copies of the cookie there are; tokens never leave the server; and it
does not matter how much there is to know about a person. These are in memory: they end with the process, and a second
one would not know them. Put them into your database, or into Redis, and the rest can stay as it is.
"""

import secrets
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from settings import SECURE

LIFETIME = 8 * 60 * 60  # seconds
# The prefix keeps other hosts of the same domain from setting it; browsers want TLS for that.
COOKIE = "__Host-webapp-session" if SECURE else "webapp-session"


@dataclass(frozen=True)
class Session:
    """A person who is signed in."""

    person: dict[str, Any]  # what the issuer says about them: the claims of its userinfo endpoint
    id_token: str  # names the issuer's session when it comes to signing out
    ends_at: float = field(default_factory=lambda: monotonic() + LIFETIME)

    @property
    def name(self) -> str:
        return self.person.get("name") or self.person.get("preferred_username") or self.person["sub"]


_sessions: dict[str, Session] = {}


def find(request: Request) -> Session | None:
    """The session of the browser that asks."""
    session = _sessions.get(request.cookies.get(COOKIE, ""))
    return session if session and session.ends_at > monotonic() else None


def begin(request: Request, response: Response, session: Session) -> None:
    """Signs the browser in, always under a new number: whoever knew the old one is not signed in by it."""
    _forget(request)
    for number in [number for number, old in _sessions.items() if old.ends_at <= monotonic()]:
        _sessions.pop(number, None)
    number = secrets.token_urlsafe(32)
    _sessions[number] = session
    response.set_cookie(COOKIE, number, max_age=LIFETIME, httponly=True, samesite="lax", secure=SECURE)


def end(request: Request, response: Response) -> None:
    """Signs the browser out."""
    _forget(request)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=SECURE)


def _forget(request: Request) -> None:
    _sessions.pop(request.cookies.get(COOKIE, ""), None)
