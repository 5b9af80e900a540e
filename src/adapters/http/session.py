"""Who comes in: by the cookie of a session, or by a key.

The cookie holds a random token of 256 bits; the database knows only its hash. Visitors who
have not signed in get no session. Everything is looked up on every request.
"""

from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from msgspec.structs import replace

from adapters.http.calls import AnyRequest, call_of, visitor
from adapters.http.errors import PasswordChangeNeeded, SignInNeeded
from adapters.http.house import (
    BEFORE_SIGN_IN,
    BROWSER,
    CHALLENGE,
    SESSION,
    house_of,
)
from portal_core.companies.access import AccessService, Visit
from portal_core.identity.actor import Actor
from portal_core.identity.browsers import REMEMBERED_FOR
from portal_core.identity.sessions import Admitted
from portal_core.identity.visitor import Visitor

MSP_ROOMS = "/admin"
KEY_HEADER = "x-api-key"
_BEARER = "bearer "
_MOST_PEOPLE = 5
"""How many people's tokens one browser keeps: those who signed in last."""

_UNTIL_CHANGED = ("/account/password", "/account/theme", "/account/prove", "/logout")
"""All that is open to somebody who has to choose a new password first."""


async def visit_by_session(
    request: AnyRequest, access: NamedDependency[AccessService]
) -> Visit:
    """Return the visit of a signed-in person, in the company that the address names.

    Raises SignInNeeded; NotFound for a company that is not theirs, and for the MSP's rooms
    if they are not of the MSP; PasswordChangeNeeded.
    """
    call = call_of(request)
    if call.visit is not None:
        return call.visit
    visit = await find_visit(request, access)
    if visit is None:
        raise SignInNeeded
    call.visit, call.actor = visit, visit.actor.ref
    if _in_msp_rooms(request):
        visit.require_msp(call.address)
    must_change = visit.user is not None and visit.user.must_change_password
    if must_change and request.scope["path"] not in _UNTIL_CHANGED:
        raise PasswordChangeNeeded
    return visit


async def find_visit(request: AnyRequest, access: AccessService) -> Visit | None:
    """Return the visit of a signed-in person, or None. Raises NotFound as the door does."""
    token = house_of(request).read_cookie(request, SESSION)
    if not token:
        return None
    return await access.enter(visitor(request), token, request.path_params.get("company"))


async def visit_by_key(
    request: AnyRequest, access: NamedDependency[AccessService]
) -> Visit:
    """Return the visit of an API key. No cookie opens this door.

    Raises SignInNeeded; NotFound for a company that the key is not for, and Forbidden
    without the scope that the operation names.
    """
    text = _key_of(request)
    visit = None
    if text:
        visit = await access.enter_by_key(
            visitor(request),
            text,
            request.path_params.get("company"),
            scope=_scope_of(request),
        )
    if visit is None:
        raise SignInNeeded
    call_of(request).actor = visit.actor.ref
    return visit


def actor_of(visit: NamedDependency[Visit]) -> Actor:
    """Return who acts."""
    return visit.actor


def visitor_at_door(request: AnyRequest) -> Visitor:
    """Return who wants to sign in, with what would let us know their browser again."""
    known = house_of(request).read_cookie(request, BROWSER).split(".")
    return replace(visitor(request), known_as=tuple(known[:_MOST_PEOPLE]))


def session_cookies(request: AnyRequest, admitted: Admitted) -> list[Cookie]:
    """Return the cookies of somebody who has just signed in."""
    house = house_of(request)
    people = ".".join((admitted.browser_token, *admitted.left)[:_MOST_PEOPLE])
    seconds = int(REMEMBERED_FOR.total_seconds())
    cookies = [
        house.cookie(SESSION, admitted.token),
        house.cookie(BROWSER, people, seconds=seconds),
        house.no_cookie(BEFORE_SIGN_IN),
    ]
    if house.read_cookie(request, CHALLENGE):
        cookies.append(house.no_cookie(CHALLENGE))
    return cookies


def _in_msp_rooms(request: AnyRequest) -> bool:
    path = request.scope["path"]
    return path == MSP_ROOMS or path.startswith(f"{MSP_ROOMS}/")


def _scope_of(request: AnyRequest) -> str:
    """Return the scope that opens the operation: the one that its document names."""
    for needed in request.route_handler.resolve_security() or ():
        for scopes in needed.values():
            return scopes[0]
    raise LookupError(request.scope["path"])


def _key_of(request: AnyRequest) -> str:
    header = request.headers.get("authorization", "")
    if header[: len(_BEARER)].lower() == _BEARER:
        return header[len(_BEARER) :].strip()
    return request.headers.get(KEY_HEADER, "")
