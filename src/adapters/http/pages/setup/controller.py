"""Making the first administrator, by the one-time link that the installer printed."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.calls import AnyRequest, visitor
from adapters.http.csrf import PUBLIC
from adapters.http.flashes import flash_cookie
from adapters.http.forms import Filled, Form, read_query
from adapters.http.house import house_of
from adapters.http.screen import Porch
from adapters.http.session import session_cookies, visitor_at_door
from portal_core.errors import Invalid
from portal_core.identity.setup import SetupService

_PAGE = "pages/setup/setup.html"


class SetupLink(Struct, frozen=True):
    """The query of the one-time link."""

    token: str = ""


class SetupForm(Struct, frozen=True, kw_only=True):
    """What the set-up form sends."""

    token: str = ""
    name: str = ""
    email: str = ""
    password: str = ""


class SetupView(Struct, frozen=True):
    """What the set-up page reads."""

    filled: Filled[SetupForm]


class SetupPages(Controller):
    """The set-up page. Without a live link, or once there is a user, it does not exist."""

    path = "/setup"
    opt = {PUBLIC: True}  # noqa: RUF012 - Litestar reads it so

    @get()
    async def show(
        self,
        request: AnyRequest,
        setup: NamedDependency[SetupService],
        porch: NamedDependency[Porch],
    ) -> Template:
        """Show the form to whoever has the link."""
        link = read_query(SetupLink, request.scope.get("query_string", b""))
        await setup.check(visitor(request), link.token)
        blank = Filled.of(SetupForm(token=link.token))
        return await porch.show(_PAGE, SetupView(blank))

    @post()
    async def complete(
        self,
        request: AnyRequest,
        data: Form[SetupForm],
        setup: NamedDependency[SetupService],
        porch: NamedDependency[Porch],
    ) -> Template | Redirect:
        """Make the administrator, sign them in and use up the link."""
        try:
            typed = data.fields
            admitted = await setup.complete(
                visitor_at_door(request),
                typed.token,
                name=typed.name,
                email=typed.email,
                password=typed.password,
            )
        except Invalid as refusal:
            refused = data.refused(refusal)
            return await porch.show(_PAGE, SetupView(refused), status=refused.status)
        cookies = session_cookies(request, admitted)
        cookies.append(flash_cookie(house_of(request), "portal-ready"))
        return Redirect("/admin", status_code=303, cookies=cookies)
