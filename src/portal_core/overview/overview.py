"""Telling people who arrive what there is to do."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.commerce.cart import CartLine
from portal_core.commerce.feed_import import FeedImport
from portal_core.commerce.order import OVER, TO_SHIP, UNDER_WAY, OrderSummary
from portal_core.commerce.ports import OrderFilter
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.overview.ports import Around, Figures, OverviewDatabase, OverviewWork
from portal_core.paging import Page, Total, Window

SHOWN = Window(limit=5)
"""How much of each list is shown."""

_NEEDS = {
    "to_ship": Permission.FULFIL_ORDERS,
    "on_hold": Permission.FULFIL_ORDERS,
    "failed_deliveries": Permission.MANAGE_DELIVERIES,
    "sold_out": Permission.MANAGE_CATALOGUE,
}


class CompanyOverview(Struct, frozen=True, kw_only=True):
    """What a company's member arrives to; empty where they may not look.

    `under_way` are the newest orders that have not arrived, `recent` the newest others, and
    `cart` is the member's own.
    """

    under_way: Page[OrderSummary] = Page(items=())
    recent: Page[OrderSummary] = Page(items=())
    cart: Sequence[CartLine] = ()


class DeskOverview(Struct, frozen=True, kw_only=True):
    """What the MSP arrives to; empty where they may not look. The oldest order is first."""

    figures: Figures
    to_ship: Page[OrderSummary] = Page(items=())
    last_import: FeedImport | None = None


class OverviewService:
    """What somebody should know on arriving, in few queries."""

    def __init__(self, *, database: OverviewDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def around(self, actor: Actor, limit: int) -> Around:
        """Return what stands around every page of a person."""
        cart_of = actor.company_id if actor.may(Permission.SHOP) else None
        async with self._database.read() as work:
            return await work.overview.around(
                actor.own_id,
                msp=actor.is_msp,
                cart_of=cart_of,
                limit=limit,
                now=self._clock(),
            )

    async def company(self, actor: Actor) -> CompanyOverview:
        """Return what there is to do in the actor's company."""
        actor.require(Permission.SEE_COMPANY)
        async with self._database.read() as work:
            return CompanyOverview(
                under_way=await _orders(work, actor, OrderFilter(among=UNDER_WAY)),
                recent=await _orders(work, actor, OrderFilter(among=OVER)),
                cart=await _cart(work, actor),
            )

    async def desk(self, actor: Actor) -> DeskOverview:
        """Return what there is to do for all companies."""
        actor.require(Permission.SEE_COMPANIES)
        async with self._database.read() as work:
            return DeskOverview(
                figures=_seen(actor, await work.overview.figures()),
                to_ship=await _to_ship(work, actor),
                last_import=await _last_import(work, actor),
            )


def _seen(actor: Actor, figures: Figures) -> Figures:
    """Return the figures without those that the actor may not know."""
    hidden = [name for name, needed in _NEEDS.items() if not actor.may(needed)]
    return replace(figures, **dict.fromkeys(hidden, Total(0)))


async def _orders(
    work: OverviewWork, actor: Actor, wanted: OrderFilter
) -> Page[OrderSummary]:
    if not actor.may(Permission.SEE_ORDERS):
        return Page(items=())
    return await work.orders.page(actor.company, wanted, SHOWN)


async def _cart(work: OverviewWork, actor: Actor) -> Sequence[CartLine]:
    if not actor.may(Permission.SHOP):
        return ()
    return await work.carts.lines(actor.company, actor.own_id)


async def _to_ship(work: OverviewWork, actor: Actor) -> Page[OrderSummary]:
    if not actor.may(Permission.FULFIL_ORDERS):
        return Page(items=())
    wanted = OrderFilter(among=TO_SHIP, oldest_first=True)
    return await work.orders.page_across(wanted, SHOWN)


async def _last_import(work: OverviewWork, actor: Actor) -> FeedImport | None:
    if not actor.may(Permission.MANAGE_CATALOGUE):
        return None
    newest = await work.imports.page(Window(limit=1))
    return newest.items[0] if newest.items else None
