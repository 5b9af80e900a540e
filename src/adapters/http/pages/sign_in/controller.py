"""Signing in with e-mail and password, and signing out."""

from math import ceil

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.calls import AnyRequest, visitor
from adapters.http.csrf import PUBLIC
from adapters.http.flashes import flash_cookie
from adapters.http.forms import Filled, Form, read_query
from adapters.http.house import FLASH, SESSION, house_of
from adapters.http.pages.sign_in.views import SignInForm, SignInView
from adapters.http.places import local_path
from adapters.http.screen import Porch
from adapters.http.session import find_visit, session_cookies
from portal_core.companies.access import AccessService
from portal_core.errors import Invalid, Throttled
from portal_core.identity.sign_in import SignInService

_PAGE = "pages/sign_in/sign_in.html"


class Arrival(Struct, frozen=True):
    """The query of the sign-in page: where the visitor wanted to go."""

    next: str = ""


class SignInPages(Controller):
    """The way in and the way out."""

    @get("/login", opt={PUBLIC: True})
    async def show(
        self,
        request: AnyRequest,
        access: NamedDependency[AccessService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Show the form, or go on if somebody is signed in already."""
        wanted = read_query(Arrival, request.scope.get("query_string", b""))
        place = local_path(wanted.next)
        if await find_visit(request, access) is not None:
            return Redirect(place, status_code=303)
        blank = Filled.of(SignInForm(next=place))
        return await porch.show(_PAGE, SignInView(blank))

    @post("/login", opt={PUBLIC: True})
    async def sign_in(
        self,
        request: AnyRequest,
        data: Form[SignInForm],
        sign_in: NamedDependency[SignInService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Open a session, always a fresh one, and go where the visitor wanted to go."""
        house, who = house_of(request), visitor(request)
        try:
            token = await sign_in.sign_in(who, data.fields.email, data.fields.password)
        except Throttled as refusal:
            view = SignInView(data.refused(refusal))
            wait = ceil(refusal.wait.total_seconds())
            return await porch.show(_PAGE, view, status=429, wait=wait)
        except Invalid as refusal:
            view = SignInView(data.refused(refusal))
            return await porch.show(_PAGE, view, status=422)
        if earlier := house.read_cookie(request, SESSION):
            await sign_in.sign_out(who, earlier)
        cookies = session_cookies(request, token)
        if house.read_cookie(request, FLASH):
            cookies.append(house.no_cookie(FLASH))
        return Redirect(local_path(data.fields.next), status_code=303, cookies=cookies)

    @post("/logout")
    async def sign_out(
        self, request: AnyRequest, sign_in: NamedDependency[SignInService]
    ) -> Redirect:
        """End the session, and forget its cookie."""
        house = house_of(request)
        await sign_in.sign_out(visitor(request), house.read_cookie(request, SESSION))
        cookies = [house.no_cookie(SESSION), flash_cookie(house, "signed-out")]
        return Redirect("/login", status_code=303, cookies=cookies)
