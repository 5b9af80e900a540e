"""Placing orders and following them to the buyer's door."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from portal_core.audit.model import Entry
from portal_core.clock import Clock
from portal_core.commerce.events import (
    OrderCancelled,
    OrderPlaced,
    OrderShipped,
    OrderUpdated,
    StockChanged,
)
from portal_core.commerce.model import StockMove, taken_from
from portal_core.commerce.order import (
    Order,
    OrderSummary,
    Shipping,
    Status,
    Wish,
    clean_po_number,
    lines_for,
    order_number,
    place,
)
from portal_core.commerce.ports import (
    CommerceDatabase,
    CommerceWork,
    OrderFilter,
    StockChange,
)
from portal_core.companies.model import Company
from portal_core.errors import Conflict
from portal_core.events import ActorKind
from portal_core.idempotency import Once, answered_once
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.money import Money
from portal_core.paging import Page, Window


class Placed(Struct, frozen=True):
    """An order that was placed, now or when the same request was made before."""

    order: Order
    replayed: bool


class OrderSheet(Struct, frozen=True):
    """An order with who placed it and what happened to it, oldest first."""

    order: Order
    company: Company
    entries: Sequence[Entry]


class OrderService:
    """Orders of the actor's company; without a company, of all of them for the MSP."""

    def __init__(self, *, database: CommerceDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def place(
        self,
        actor: Actor,
        wishes: Sequence[Wish],
        *,
        po_number: str = "",
        once: Once | None = None,
    ) -> Placed:
        """Order these products at today's prices, all of them or none.

        Raises Invalid, and Conflict that names each line which is out of stock or not for
        sale.
        """
        actor.require(Permission.PLACE_ORDERS)
        async with self._database.begin() as work:

            async def decide() -> Order:
                return await self._place(work, actor, wishes, po_number)

            order, replayed = await answered_once(work.answers, once, Order, decide)
        return Placed(order, replayed)

    async def place_cart(
        self,
        actor: Actor,
        *,
        po_number: str = "",
        expected: Money | None = None,
        once: Once | None = None,
    ) -> Placed:
        """Order what is in the actor's cart, and empty it.

        `expected` is the gross total that the buyer saw. Raises Conflict if it is no longer
        that, and as `place` does.
        """
        actor.require(Permission.PLACE_ORDERS)
        async with self._database.begin() as work:

            async def decide() -> Order:
                lines = await work.carts.lines(actor.company, actor.own_id)
                wishes = [Wish(line.sku, line.quantity) for line in lines]
                order = await self._place(work, actor, wishes, po_number)
                _refuse_surprise(order, expected)
                await work.carts.clear(actor.company, actor.own_id)
                return order

            order, replayed = await answered_once(work.answers, once, Order, decide)
        return Placed(order, replayed)

    async def get(self, actor: Actor, number: str) -> Order:
        """Return the order. Raises NotFound, also if another company placed it."""
        actor.require(Permission.SEE_ORDERS)
        async with self._database.read() as work:
            return await _find(work, actor, number)

    async def timeline(self, actor: Actor, number: str) -> tuple[Order, Sequence[Entry]]:
        """Return the order and what happened to it, oldest first. Raises NotFound."""
        actor.require(Permission.SEE_ORDERS)
        async with self._database.read() as work:
            order = await _find(work, actor, number)
            return order, await work.trail.of_subject(order.id)

    async def sheet(self, actor: Actor, number: str) -> OrderSheet:
        """Return any company's order, for the MSP. Raises NotFound."""
        actor.require(Permission.FULFIL_ORDERS)
        async with self._database.read() as work:
            order = await work.orders.get_across(number)
            company = await work.companies.get(order.company_id)
            return OrderSheet(order, company, await work.trail.of_subject(order.id))

    async def page(
        self, actor: Actor, wanted: OrderFilter, window: Window
    ) -> Page[OrderSummary]:
        """Return orders, newest first unless the filter says otherwise."""
        actor.require(Permission.SEE_ORDERS)
        async with self._database.read() as work:
            if actor.company_id is not None:
                return await work.orders.page(actor.company_id, wanted, window)
            actor.require(Permission.FULFIL_ORDERS)
            return await work.orders.page_across(wanted, window)

    async def cancel(self, actor: Actor, number: str, *, reason: str = "") -> Order:
        """Call the order off, and put its units back on sale, once.

        Cancelling a cancelled order changes nothing. Raises Conflict once it is shipped.
        """
        actor.require(Permission.CANCEL_ORDERS)
        async with self._database.begin() as work:
            order = await _find(work, actor, number)
            if order.status is Status.CANCELLED:
                return order
            now = self._clock()
            order = await _save(work, order.moved(Status.CANCELLED, at=now))
            await _release(work, actor, order, now, reason)
        return order

    async def ship(
        self, actor: Actor, number: str, shipping: Shipping, *, version: int | None = None
    ) -> Order:
        """Send the order off: its units leave the warehouses.

        Raises Conflict if it may not be shipped, or somebody changed it meanwhile.
        """
        return await self.update(
            actor, number, status=Status.SHIPPED, shipping=shipping, version=version
        )

    async def update(
        self,
        actor: Actor,
        number: str,
        *,
        status: Status | None = None,
        shipping: Shipping | None = None,
        notes: str | None = None,
        version: int | None = None,
    ) -> Order:
        """Move the order on, or change its shipping details and the MSP's notes.

        Raises Conflict if it may not go there, or somebody changed it meanwhile.
        """
        actor.require(Permission.FULFIL_ORDERS)
        async with self._database.begin() as work:
            before = _at(await _find(work, actor, number), version)
            now = self._clock()
            order = before.moved(status, at=now) if status else before
            order = replace(
                order,
                shipping=order.shipping if shipping is None else shipping,
                notes=order.notes if notes is None else notes.strip()[:10_000],
                updated_at=now,
            )
            changed = _changed(before, order)
            if not changed:
                return before
            order = await _save(work, order)
            if status is Status.SHIPPED:
                await _take(work, actor, order, now)
            elif status is Status.CANCELLED:
                await _release(work, actor, order, now, "")
            else:
                work.emit(_updated(actor, before, order, changed, now))
        return order

    async def _place(
        self, work: CommerceWork, actor: Actor, wishes: Sequence[Wish], po_number: str
    ) -> Order:
        po_number = clean_po_number(po_number)
        skus = [wish.sku for wish in wishes]
        offers = await work.shop.offers(actor.company, skus, lock=True)
        settings = await work.settings.get()
        lines = lines_for(wishes, offers, tax_rate_bp=settings.tax_rate_bp)
        now = self._clock()
        order = place(
            lines,
            number=order_number(await work.orders.next_number()),
            company_id=actor.company,
            by=actor.id if actor.kind is ActorKind.USER else None,
            by_name=actor.name,
            po_number=po_number,
            at=now,
        )
        await work.orders.add(order)
        moves = [
            StockMove(product_id=line.product_id, reserved=line.quantity, reason="ordered")
            for line in lines
        ]
        changes = await work.stock.apply(moves, at=now, reference=order.id)
        work.emit(OrderPlaced.of(order, actor.stamp(now)))
        announce_crossings(work, actor, changes, now)
        return order


def announce_crossings(
    work: CommerceWork, actor: Actor, changes: Sequence[StockChange], at: datetime
) -> None:
    """Record each product that went out of stock or came back."""
    for change in changes:
        if (change.before > 0) != (change.after > 0):
            stamp = replace(actor, company_id=None).stamp(at)
            work.emit(
                StockChanged(
                    stamp=stamp,
                    product_id=change.product_id,
                    sku=change.sku,
                    name=change.name,
                    before=change.before,
                    after=change.after,
                )
            )


async def _find(work: CommerceWork, actor: Actor, number: str) -> Order:
    if actor.company_id is not None:
        return await work.orders.get(actor.company_id, number)
    actor.require(Permission.FULFIL_ORDERS)
    return await work.orders.get_across(number)


async def _save(work: CommerceWork, order: Order) -> Order:
    order = replace(order, version=order.version + 1)
    await work.orders.save(order)
    return order


async def _release(
    work: CommerceWork, actor: Actor, order: Order, now: datetime, reason: str
) -> None:
    """Put the units of a cancelled order back on sale, and tell."""
    moves = [
        StockMove(product_id=line.product_id, reserved=-line.quantity, reason="cancelled")
        for line in order.lines
    ]
    changes = await work.stock.apply(moves, at=now, reference=order.id)
    work.emit(
        OrderCancelled(
            stamp=actor.stamp(now, order.company_id),
            order_id=order.id,
            number=order.number,
            status=order.status,
            version=order.version,
            placed_by=order.placed_by,
            reason=" ".join(reason.split())[:500],
        )
    )
    announce_crossings(work, actor, changes, now)


async def _take(work: CommerceWork, actor: Actor, order: Order, now: datetime) -> None:
    """Let the units of a shipped order leave the warehouses, and tell."""
    moves: list[StockMove] = []
    for line in order.lines:
        levels = await work.stock.levels(line.product_id)
        moves += taken_from(levels, line.product_id, line.quantity, "shipped")
        moves.append(
            StockMove(product_id=line.product_id, reserved=-line.quantity, reason="shipped")
        )
    changes = await work.stock.apply(moves, at=now, reference=order.id)
    shipping = order.shipping
    work.emit(
        OrderShipped(
            stamp=actor.stamp(now, order.company_id),
            order_id=order.id,
            number=order.number,
            status=order.status,
            version=order.version,
            placed_by=order.placed_by,
            carrier=shipping.carrier,
            consignment=shipping.consignment,
            eta=shipping.eta.isoformat() if shipping.eta else None,
        )
    )
    announce_crossings(work, actor, changes, now)


def _at(order: Order, version: int | None) -> Order:
    if version is not None and order.version != version:
        raise Conflict(
            "Somebody changed this order meanwhile. Look at it again.", code="stale"
        )
    return order


def _refuse_surprise(order: Order, expected: Money | None) -> None:
    if expected is not None and order.totals.gross != expected:
        raise Conflict(
            f"Prices changed: the total is now {order.totals.gross}, it was {expected}. "
            "Nothing was ordered. Check the cart and order again.",
            code="price_changed",
        )


def _changed(before: Order, after: Order) -> tuple[str, ...]:
    fields = ("status", "shipping", "notes")
    return tuple(f for f in fields if getattr(before, f) != getattr(after, f))


def _updated(
    actor: Actor, before: Order, order: Order, changed: tuple[str, ...], at: datetime
) -> OrderUpdated:
    return OrderUpdated(
        stamp=actor.stamp(at, order.company_id),
        order_id=order.id,
        number=order.number,
        status=order.status,
        version=order.version,
        changed=changed,
        previous_status=before.status,
    )
