"""What a page's handler works with: showing a template, and going on after a change."""

from collections.abc import Sequence
from secrets import token_urlsafe
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import MediaType
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from msgspec import Struct
from msgspec.structs import replace

from adapters.http.addresses import Address
from adapters.http.bare import bare_shell, theme_of
from adapters.http.calls import AnyRequest, call_of, visitor
from adapters.http.cursors import read_cursor, write_cursor
from adapters.http.flashes import FLASHES, flash_cookie, read_flash
from adapters.http.forms import T, read_query
from adapters.http.house import BEFORE_SIGN_IN, COMPANY, FLASH, SESSION, House, house_of
from adapters.http.places import local_path
from adapters.http.shell import (
    CompanyLink,
    Crumb,
    NavSection,
    SearchBox,
    Shell,
    account_sections,
    client_sections,
    msp_sections,
)
from portal_core.companies.access import Visit
from portal_core.companies.model import Company
from portal_core.companies.settings import SettingsService
from portal_core.errors import NotFound
from portal_core.identity.visitor import Visitor
from portal_core.overview.overview import OverviewService
from portal_core.overview.ports import Around
from portal_core.paging import Cursor, Window

PAGE_LENGTH = 25
_SWITCHER_LENGTH = 8
_NAME_SECONDS = 30
_FORM_SECONDS = 3_600
_COMPANY_SECONDS = 180 * 86_400


class Surroundings:
    """Finds out what stands around a page, with few questions to the database."""

    def __init__(
        self,
        *,
        house: House,
        overview: OverviewService,
        settings: SettingsService,
    ) -> None:
        self._house = house
        self._overview = overview
        self._settings = settings
        self._name_asked_at = -float(_NAME_SECONDS)

    async def of(self, visit: Visit) -> Around:
        """Return the first companies, one more if there are others, and the cart."""
        return await self._overview.around(visit.actor, _SWITCHER_LENGTH + 1)

    async def learn_name(self, who: Visitor) -> None:
        """Let the house know its name again, now and then."""
        now = monotonic()
        if now - self._name_asked_at >= _NAME_SECONDS:
            self._name_asked_at = now
            self._house.name = await self._settings.portal_name(who)


class Screen:
    """One page for one signed-in person."""

    def __init__(
        self, request: AnyRequest, visit: Visit, surroundings: Surroundings
    ) -> None:
        self.request = request
        self.visit = visit
        self._house = house_of(request)
        self._surroundings = surroundings

    @property
    def company(self) -> Company:
        """The company in whose rooms the page is. Raises NotFound in the MSP's rooms."""
        if self.visit.company is None:
            raise NotFound("There is no such page.")
        return self.visit.company

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks, who wants no whole page."""
        return "hx-request" in self.request.headers

    @property
    def currency(self) -> str:
        """The portal's own currency."""
        return self._house.currency

    @property
    def time_zone(self) -> str:
        """The portal's own time zone."""
        return self._house.time_zone

    @property
    def address(self) -> Address:
        """The address of the page with its query, for links that change one part of it."""
        pairs = tuple(self.request.query_params.multi_items())
        return Address(self.request.scope["path"], pairs)

    def room(self, path: str) -> str:
        """Return the address of a room of this company: `room("orders")`."""
        return f"/c/{self.company.slug}/{path}"

    def query(self, kind: type[T]) -> T:
        """Return what the query of the address asks for. Raises Invalid."""
        return read_query(kind, self.request.scope.get("query_string", b""))

    def window(self, cursor: str, order: str = "", *, limit: int = PAGE_LENGTH) -> Window:
        """Return the part of the list at this cursor of ours. Raises Invalid.

        `order` is the sort, if there is a choice: a cursor of another sort is no good.
        """
        place = read_cursor(self._house, cursor, self._list(order))
        return Window(limit=limit, cursor=place)

    def cursor(self, cursor: Cursor | None, order: str = "") -> str | None:
        """Return a cursor as it stands in the address of this list, in this order."""
        return write_cursor(self._house, cursor, self._list(order))

    async def show(
        self,
        template: str,
        view: Struct | None = None,
        *,
        crumbs: Sequence[Crumb] = (),
        search: SearchBox | None = None,
        status: int = 200,
    ) -> Template:
        """Return the page: a template with the fields of the view, in its shell."""
        shell = await self.shell(crumbs=crumbs, search=search)
        return self.inside(shell, template, view, status=status)

    def inside(
        self, shell: Shell, template: str, view: Struct | None = None, *, status: int = 200
    ) -> Template:
        """Return the page inside a shell that was asked for before."""
        return Template(
            template,
            context={"shell": shell, **fields_of(view)},
            media_type=MediaType.HTML,
            status_code=status,
            cookies=self._cookies(shell),
        )

    def fragment(self, template: str, view: Struct, *, status: int = 200) -> Template:
        """Return a piece of a page for htmx, without anything around it."""
        shell = bare_shell(self.request, csrf_token=self._form_token())
        context = {"shell": shell, **fields_of(view)}
        return Template(template, context=context, status_code=status)

    def go(self, path: str, flash: str = "", *, cookies: Sequence[Cookie] = ()) -> Redirect:
        """Return the way to another page of ours, which tells the flash with this code."""
        told = [flash_cookie(self._house, flash)] if flash else []
        return Redirect(local_path(path), status_code=303, cookies=[*told, *cookies])

    async def around(self, flash: str) -> Template:
        """Return, for htmx, what stands around the page that it asks from, with a flash."""
        here = urlsplit(self.request.headers.get("hx-current-url", "")).path
        shell = await self.shell(path=here)
        context = {"shell": replace(shell, flash=FLASHES[flash])}
        return Template("layouts/_around.html", context=context)

    async def shell(
        self,
        *,
        crumbs: Sequence[Crumb] = (),
        search: SearchBox | None = None,
        path: str = "",
    ) -> Shell:
        """Return what stands around the page, or around the one at another path."""
        visit, path = self.visit, path or self.request.scope["path"]
        await self._surroundings.learn_name(visitor(self.request))
        around = await self._surroundings.of(visit)
        companies = [CompanyLink(one.slug, one.name) for one in around.companies]
        company = visit.company
        call = call_of(self.request)
        return Shell(
            portal_name=self._house.name,
            request_id=call.request_id,
            nonce=call.nonce,
            csrf_token=self._form_token(),
            path=path,
            theme=theme_of(self.request, self._house),
            time_zone=company.time_zone if company else self._house.time_zone,
            user_name=visit.user.name if visit.user else "",
            user_email=visit.user.email if visit.user else "",
            is_msp=visit.actor.is_msp,
            company=CompanyLink(company.slug, company.name) if company else None,
            companies=tuple(companies[:_SWITCHER_LENGTH]),
            more_companies=len(companies) > _SWITCHER_LENGTH,
            sections=_sections(visit, path, around.cart_lines),
            breadcrumbs=tuple(crumbs),
            search=search,
            cart_count=around.cart_lines,
            flash=read_flash(self.request, self._house),
        )

    def _cookies(self, shell: Shell) -> list[Cookie]:
        """Return what the browser should forget or remember with this page."""
        house, request = self._house, self.request
        cookies = [house.no_cookie(FLASH)] if house.read_cookie(request, FLASH) else []
        slug = shell.company.slug if shell.company else ""
        if slug and house.read_cookie(request, COMPANY) != slug:
            cookies.append(house.cookie(COMPANY, slug, seconds=_COMPANY_SECONDS))
        return cookies

    def _form_token(self) -> str:
        return self._house.form_token(self._house.read_cookie(self.request, SESSION))

    def _list(self, order: str) -> str:
        return f"{self.request.scope['path']}?{order}"


class Porch:
    """A page with a form for people who have not signed in."""

    def __init__(self, request: AnyRequest, surroundings: Surroundings) -> None:
        self.request = request
        self._house = house_of(request)
        self._surroundings = surroundings

    async def show(
        self, template: str, view: Struct, *, status: int = 200, wait: int = 0
    ) -> Template:
        """Return the page, with a cookie that its form is bound to."""
        await self._surroundings.learn_name(visitor(self.request))
        secret = self._house.read_cookie(self.request, BEFORE_SIGN_IN) or token_urlsafe(32)
        shell = bare_shell(self.request, csrf_token=self._house.form_token(secret))
        cookies = [self._house.cookie(BEFORE_SIGN_IN, secret, seconds=_FORM_SECONDS)]
        if self._house.read_cookie(self.request, FLASH):
            cookies.append(self._house.no_cookie(FLASH))
        return Template(
            template,
            context={"shell": shell, **fields_of(view)},
            status_code=status,
            cookies=cookies,
            headers={"retry-after": str(wait)} if wait else {},
        )


def screen(
    request: AnyRequest,
    visit: NamedDependency[Visit],
    surroundings: NamedDependency[Surroundings],
) -> Screen:
    """Return the screen of this request."""
    return Screen(request, visit, surroundings)


def porch(request: AnyRequest, surroundings: NamedDependency[Surroundings]) -> Porch:
    """Return the porch of this request."""
    return Porch(request, surroundings)


async def shell(screen: NamedDependency[Screen]) -> Shell:
    """Return what stands around this page."""
    return await screen.shell()


def _sections(visit: Visit, path: str, cart_count: int) -> tuple[NavSection, ...]:
    may = visit.actor.permissions
    if visit.company is not None:
        slug = visit.company.slug
        return client_sections(slug, may=may, path=path, cart_count=cart_count)
    if visit.actor.is_msp and not path.startswith("/account"):
        return msp_sections(may=may, path=path)
    return account_sections(path=path)


def fields_of(view: Struct | None) -> dict[str, Any]:
    """Return the fields of a view by name, as templates read them."""
    return msgspec.structs.asdict(view) if view is not None else {}
