"""Where people arrive."""

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.house import COMPANY, house_of
from adapters.http.pages.home.views import (
    CompanyHome,
    DeskHome,
    cart_rows,
    figures_of,
    import_row,
    order_row,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.overview.overview import OverviewService

_MOST_COMPANIES = 500


class RoomQuery(Struct, frozen=True, kw_only=True):
    """In which room somebody is who switches the company."""

    room: Annotated[str, Meta(max_length=100)] = "home"


class Homes(Controller):
    """The start page, a company's home, and the MSP's."""

    @get("/")
    async def start(
        self,
        screen: NamedDependency[Screen],
        overview: NamedDependency[OverviewService],
    ) -> Redirect:
        """Go to the company where the person was last, or to the MSP's rooms."""
        last = house_of(screen.request).read_cookie(screen.request, COMPANY)
        around = await overview.around(screen.visit.actor, _MOST_COMPANIES)
        slugs = [one.slug for one in around.companies]
        if screen.visit.actor.is_msp:
            return screen.go("/admin")
        if len(slugs) > 1 and last not in slugs:
            return screen.go("/account/companies")
        if not slugs:
            return screen.go("/account")
        return screen.go(f"/c/{last if last in slugs else slugs[0]}/home")

    @get("/c/{company:str}")
    async def company(self, screen: NamedDependency[Screen]) -> Redirect:
        """Go to the company's home."""
        return screen.go(screen.room("home"))

    @get("/c/{company:str}/enter")
    async def enter(self, screen: NamedDependency[Screen]) -> Redirect:
        """Go to the room that the person comes from in another company, if it is there."""
        room = screen.room(screen.query(RoomQuery).room)
        sections = (await screen.shell()).sections
        if any(item.href == room for section in sections for item in section.items):
            return screen.go(room)
        return screen.go(screen.room("home"), "room-not-here")

    @get("/c/{company:str}/home")
    async def home(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        overview: NamedDependency[OverviewService],
    ) -> Template:
        """Show what there is to do in the company."""
        seen = await overview.company(actor)
        shop, orders = screen.room("shop"), screen.room("orders")
        rows = cart_rows(seen.cart, shop)
        view = CompanyHome(
            title=screen.company.name,
            shop=shop,
            cart=screen.room("cart"),
            orders=orders,
            may_shop=actor.may(Permission.SHOP),
            may_see_orders=actor.may(Permission.SEE_ORDERS),
            under_way=tuple(order_row(one, orders) for one in seen.under_way.items),
            more=seen.under_way.next is not None,
            recent=tuple(order_row(one, orders) for one in seen.recent.items),
            cart_rows=rows,
            cart_more=len(seen.cart) - len(rows),
            cart_units=sum(line.quantity for line in seen.cart),
        )
        crumbs = (Crumb("Home"),)
        return await screen.show("pages/home/company.html", view, crumbs=crumbs)

    @get("/admin")
    async def admin(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        overview: NamedDependency[OverviewService],
    ) -> Template:
        """Show what there is to do for all companies."""
        seen = await overview.desk(actor)
        view = DeskHome(
            new=seen.figures.companies.count == 0,
            may_ship=actor.may(Permission.FULFIL_ORDERS),
            may_import=actor.may(Permission.MANAGE_CATALOGUE),
            figures=figures_of(seen.figures),
            to_ship=tuple(order_row(one, "/admin/orders") for one in seen.to_ship.items),
            more=seen.to_ship.next is not None,
            last_import=import_row(seen.last_import) if seen.last_import else None,
        )
        crumbs = (Crumb("Dashboard"),)
        return await screen.show("pages/home/desk.html", view, crumbs=crumbs)
