"""Who is calling, whichever way they came, and whether they may do what they ask for."""

from collections.abc import Callable
from typing import Annotated

from fastapi import HTTPException, Security
from fastapi.security import SecurityScopes

from api_keys import key_claims
from tokens import Claims, refusal, token_claims


def admitted(
    required: SecurityScopes,
    by_token: Annotated[Claims | None, Security(token_claims)],
    by_key: Annotated[Claims | None, Security(key_claims)],
) -> Claims:
    """What is known about the caller, who has all scopes that the route asks for."""
    claims = by_token or by_key
    if claims is None:
        raise refusal(401, scope=required.scope_str)
    if not set(required.scopes) <= set(claims.get("scope", "").split()):
        raise refusal(403, error="insufficient_scope", scope=required.scope_str)
    return claims


Caller = Annotated[Claims, Security(admitted)]
Reader = Annotated[Claims, Security(admitted, scopes=["items:read"])]
Writer = Annotated[Claims, Security(admitted, scopes=["items:write"])]


def require_role(role: str) -> Callable[[Claims], Claims]:
    """A scope says what the application may do for the person; a role, what the person may do at all.

    Scopes that a route asks for beside the role are checked by `admitted`, to which FastAPI hands them down.
    """

    def has_role(caller: Caller) -> Claims:
        if role not in caller.get("roles", []):
            raise HTTPException(403, f"This needs the role {role}")
        return caller

    return has_role


Admin = Annotated[Claims, Security(require_role("admin"), scopes=["items:write"])]
