"""The rooms of orders."""

from collections.abc import Sequence
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.orders.views import (
    LOOKS,
    DeskForm,
    DeskView,
    ListView,
    OrderView,
    among,
    cost_of,
    found,
    happenings_of,
    line_of,
    next_statuses,
    row_of,
    statuses,
)
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.audit.model import Entry
from portal_core.commerce.carts import CartService
from portal_core.commerce.order import Order, Shipping
from portal_core.commerce.orders import OrderService
from portal_core.commerce.ports import OrderFilter
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.money import Money

DESK = "/admin/orders"


class OrdersQuery(Struct, frozen=True, kw_only=True):
    """The state of a list of orders, in its address."""

    search: Annotated[str, Meta(max_length=100)] = ""
    status: str = ""
    cursor: str = ""


class CancelForm(Struct, frozen=True, kw_only=True):
    """What “Cancel order” sends."""

    reason: str = ""


class OrderPages(Controller):
    """A company's own orders."""

    path = "/c/{company:str}/orders"

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        orders: NamedDependency[OrderService],
    ) -> Template:
        """List the company's orders, newest first."""
        return await _list(screen, actor, orders, screen.room("orders"))

    @get("/{number:str}")
    async def show(
        self,
        number: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        orders: NamedDependency[OrderService],
    ) -> Template:
        """Show one order."""
        order, entries = await orders.timeline(actor, number)
        here = screen.room("orders")
        crumbs = (Crumb("Orders", here), Crumb(order.number))
        view = _view(order, entries, screen.company.name, f"{here}/{order.number}", actor)
        return await screen.show("pages/orders/order.html", view, crumbs=crumbs)

    @post("/{number:str}/cancel")
    async def cancel(
        self,
        number: FromPath[str],
        data: Form[CancelForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        orders: NamedDependency[OrderService],
    ) -> Redirect:
        """Call the order off."""
        order = await orders.cancel(actor, number, reason=data.fields.reason)
        return screen.go(screen.room(f"orders/{order.number}"), "order-cancelled")

    @post("/{number:str}/again")
    async def again(
        self,
        number: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        carts: NamedDependency[CartService],
    ) -> Redirect:
        """Put what the order had into the cart."""
        short = await carts.refill(actor, number)
        told = "cart-refilled-partly" if short else "cart-refilled"
        return screen.go(screen.room("cart"), told)


class OrderDeskPages(Controller):
    """The orders of all companies, for the MSP."""

    path = DESK

    @get()
    async def list(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        orders: NamedDependency[OrderService],
    ) -> Template:
        """List the orders of all companies, newest first."""
        return await _list(screen, actor, orders, DESK)

    @get("/{number:str}")
    async def show(
        self,
        number: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        orders: NamedDependency[OrderService],
    ) -> Template:
        """Show one order, with all that can be done to it."""
        return await _desk(screen, actor, orders, number)

    @post("/{number:str}")
    async def save(
        self,
        number: FromPath[str],
        data: Form[DeskForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        orders: NamedDependency[OrderService],
    ) -> Template | Redirect:
        """Move the order on, or change its details."""
        try:
            form = data.fields
            shipping = Shipping(
                carrier=form.carrier, consignment=form.consignment, eta=form.eta
            )
            await orders.update(
                actor,
                number,
                status=form.status,
                shipping=shipping,
                notes=form.notes,
                version=form.version,
            )
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _desk(screen, actor, orders, number, filled)
        return screen.go(f"{DESK}/{number}", "order-saved")

    @post("/{number:str}/cancel")
    async def cancel(
        self,
        number: FromPath[str],
        data: Form[CancelForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        orders: NamedDependency[OrderService],
    ) -> Redirect:
        """Call the order off."""
        order = await orders.cancel(actor, number, reason=data.fields.reason)
        return screen.go(f"{DESK}/{order.number}", "order-cancelled")


async def _list(screen: Screen, actor: Actor, orders: OrderService, room: str) -> Template:
    query = screen.query(OrdersQuery)
    wanted = OrderFilter(search=query.search, among=among(query.status), count=True)
    order = f"{query.search}&{query.status}"
    page = await orders.page(actor, wanted, screen.window(query.cursor, order))
    view = ListView(
        address=screen.address,
        rows=tuple(row_of(item, room) for item in page.items),
        statuses=statuses(),
        across=actor.company_id is None,
        shop="" if actor.company_id is None else screen.room("shop"),
        found=found(page.total),
        prev=screen.cursor(page.prev, order),
        next=screen.cursor(page.next, order),
    )
    return await screen.show("pages/orders/list.html", view, crumbs=(Crumb("Orders"),))


async def _desk(
    screen: Screen,
    actor: Actor,
    orders: OrderService,
    number: str,
    filled: Filled[DeskForm] | None = None,
) -> Template:
    sheet = await orders.sheet(actor, number)
    order, company, entries = sheet.order, sheet.company, sheet.entries
    here = f"{DESK}/{order.number}"
    cost = cost_of(order)
    common = _view(order, entries, company.name, here, actor)
    view = DeskView(
        **{field: getattr(common, field) for field in common.__struct_fields__},
        filled=filled or Filled.of(_form(order)),
        next_statuses=next_statuses(order),
        cost=cost,
        margin=Money(order.totals.net.minor - cost.minor, cost.currency) if cost else None,
        deliveries=f"/admin/deliveries?subject={order.id}",
    )
    crumbs = (Crumb("Orders", DESK), Crumb(order.number))
    return await screen.show(
        "pages/orders/desk.html", view, crumbs=crumbs, status=view.filled.status
    )


def _form(order: Order) -> DeskForm:
    return DeskForm(
        carrier=order.shipping.carrier,
        consignment=order.shipping.consignment,
        eta=order.shipping.eta,
        notes=order.notes,
        version=order.version,
    )


def _view(
    order: Order, entries: Sequence[Entry], company: str, here: str, actor: Actor
) -> OrderView:
    return OrderView(
        here=here,
        number=order.number,
        look=LOOKS[order.status],
        company=company,
        placed_by=order.placed_by_name,
        placed_at=order.placed_at,
        po_number=order.po_number,
        lines=tuple(line_of(line) for line in order.lines),
        totals=order.totals,
        carrier=order.shipping.carrier,
        consignment=order.shipping.consignment,
        eta=order.shipping.eta,
        happenings=happenings_of(entries),
        may_cancel=order.cancellable and actor.may(Permission.CANCEL_ORDERS),
        may_order=actor.may(Permission.SHOP),
    )
