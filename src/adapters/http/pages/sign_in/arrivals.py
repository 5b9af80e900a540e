"""After somebody has shown who they are: into the portal, or on to a second factor."""

from urllib.parse import urlencode

from litestar.response import Redirect

from adapters.http.calls import AnyRequest, visitor
from adapters.http.flashes import flash_cookie
from adapters.http.house import CHALLENGE, FLASH, SESSION, house_of
from adapters.http.places import local_path
from adapters.http.session import session_cookies
from portal_core.identity.admission import Challenged
from portal_core.identity.challenges import LIFETIME
from portal_core.identity.sessions import Admitted
from portal_core.identity.sign_in import SignInService

FACTOR = "/login/factor"


async def come_in(
    request: AnyRequest,
    sign_in: SignInService,
    admitted: Admitted,
    place: str,
    flash: str = "",
) -> Redirect:
    """Go where the visitor wanted to go, in a fresh session that replaces any other."""
    house = house_of(request)
    if earlier := house.read_cookie(request, SESSION):
        await sign_in.sign_out(visitor(request), earlier)
    cookies = session_cookies(request, admitted)
    if flash:
        cookies.append(flash_cookie(house, flash))
    elif house.read_cookie(request, FLASH):
        cookies.append(house.no_cookie(FLASH))
    return Redirect(local_path(place), status_code=303, cookies=cookies)


def to_factor(request: AnyRequest, challenged: Challenged, place: str) -> Redirect:
    """Go to where a second factor is asked for."""
    seconds = int(LIFETIME.total_seconds())
    cookie = house_of(request).cookie(CHALLENGE, challenged.token, seconds=seconds)
    where = f"{FACTOR}?{urlencode({'next': local_path(place)})}"
    return Redirect(where, status_code=303, cookies=[cookie])
