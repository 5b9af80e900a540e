"""Orders over the API."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.api.asking import Asked, expected_version, once_for, unless_stale
from adapters.http.api.operations import Conditional, OnlyOnce, Repeatable, needs
from adapters.http.api.shop import WantedLine
from adapters.http.api.wire import Amount, Listed, amount_or_none, chosen, listed, tagged
from adapters.http.calls import AnyRequest
from portal_core.audit.model import Entry
from portal_core.commerce.events import OrderPlaced
from portal_core.commerce.order import (
    Line,
    Order,
    OrderSummary,
    Shipping,
    Status,
    Totals,
    Wish,
)
from portal_core.commerce.orders import OrderService, OrderSheet
from portal_core.commerce.ports import OrderFilter
from portal_core.companies.access import Visit
from portal_core.errors import NotFound
from portal_core.events import event_type
from portal_core.identity.actor import Actor


class NewOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is ordered, and the company's own reference."""

    lines: Annotated[list[WantedLine], Meta(min_length=1, max_length=200)]
    po_number: Annotated[str, Meta(max_length=100)] = ""


class Cancelling(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an order is called off."""

    reason: Annotated[str, Meta(max_length=500)] = ""


class OrderLineBody(Struct, frozen=True, kw_only=True):
    """A line of an order, as it was on that day."""

    sku: str
    name: str
    quantity: int
    unit_price: Amount
    line_total: Amount


class TotalsBody(Struct, frozen=True, kw_only=True):
    """What an order comes to."""

    net: Amount
    freight: Amount
    tax: Amount
    gross: Amount


class ShippingBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of the parcel."""

    carrier: Annotated[str, Meta(max_length=100)] = ""
    consignment: Annotated[str, Meta(max_length=100)] = ""
    eta: date | None = None


class HappeningBody(Struct, frozen=True, kw_only=True):
    """Something that happened to the order."""

    type: str
    at: datetime
    by: str


class OrderBody(Struct, frozen=True, kw_only=True):
    """An order. `company` is the slug."""

    number: str
    status: Status
    company: str
    placed_by: str
    placed_at: datetime
    po_number: str
    lines: list[OrderLineBody]
    totals: TotalsBody
    shipping: ShippingBody
    timeline: list[HappeningBody]


class DeskLineBody(OrderLineBody, frozen=True, kw_only=True):
    """A line of an order, with what it cost the MSP."""

    cost: Amount | None


class DeskOrderBody(Struct, frozen=True, kw_only=True):
    """An order as the MSP sees it."""

    number: str
    status: Status
    company: str
    placed_by: str
    placed_at: datetime
    po_number: str
    lines: list[DeskLineBody]
    totals: TotalsBody
    shipping: ShippingBody
    notes: str
    timeline: list[HappeningBody]


class OrderRowBody(Struct, frozen=True, kw_only=True):
    """An order in a list."""

    number: str
    status: Status
    company: str
    placed_by: str
    placed_at: datetime
    po_number: str
    units: int
    gross: Amount


class OrderChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    status: Status | UnsetType = UNSET
    shipping: ShippingBody | UnsetType = UNSET
    notes: Annotated[str, Meta(max_length=10_000)] | UnsetType = UNSET


class OrderApi(Controller):
    """A company's orders."""

    path = "/companies/{company:str}/orders"
    tags = ("Orders",)

    @post(
        operation_id="placeOrder",
        summary="Place an order",
        security=needs("orders:write"),
        operation_class=OnlyOnce,
    )
    async def place(
        self,
        request: AnyRequest,
        data: JSONBody[NewOrder],
        visit: NamedDependency[Visit],
        orders: NamedDependency[OrderService],
    ) -> Response[OrderBody]:
        """Order products at today's prices, all lines or none.

        A repeat of the same request answers with `Idempotency-Replayed: true`.
        """
        once = await once_for(request, visit.actor, required=True)
        wishes = [Wish(line.sku, line.quantity) for line in data.lines]
        placed = await orders.place(
            visit.actor, wishes, po_number=data.po_number, once=once
        )
        slug, order = _slug(visit), placed.order
        replayed = {"idempotency_replayed": "true"} if placed.replayed else {}
        return tagged(
            request,
            order_body(order, slug, [_placing(order)]),
            order.version,
            status=201,
            location=f"/api/v1/companies/{slug}/orders/{order.number}",
            **replayed,
        )

    @get(
        operation_id="listCompanyOrders",
        summary="List orders",
        security=needs("orders:read"),
    )
    async def list(
        self,
        asked: NamedDependency[Asked],
        actor: NamedDependency[Actor],
        orders: NamedDependency[OrderService],
        search: FromQuery[str] = "",
        status: FromQuery[Status | None] = None,
        count: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
    ) -> Response[Listed[OrderRowBody]]:
        """List the company's orders, newest first."""
        wanted = OrderFilter(search=search, status=status, count=count)
        page = await orders.page(actor, wanted, asked.window)
        return listed(asked, page, order_row)

    @get(
        "/{number:str}",
        operation_id="getCompanyOrder",
        summary="Get an order",
        security=needs("orders:read"),
    )
    async def show(
        self,
        request: AnyRequest,
        number: FromPath[str],
        visit: NamedDependency[Visit],
        orders: NamedDependency[OrderService],
    ) -> Response[OrderBody]:
        """Get one order with its history."""
        order, entries = await orders.timeline(visit.actor, number)
        body = order_body(order, _slug(visit), _timeline(entries))
        return tagged(request, body, order.version)

    @post(
        "/{number:str}/cancel",
        operation_id="cancelOrder",
        summary="Cancel an order",
        status_code=200,
        security=needs("orders:write"),
        operation_class=Repeatable,
    )
    async def cancel(
        self,
        request: AnyRequest,
        number: FromPath[str],
        visit: NamedDependency[Visit],
        orders: NamedDependency[OrderService],
        data: JSONBody[Cancelling | None] = None,
    ) -> Response[OrderBody]:
        """Call an order off that has not left yet. Twice is once."""
        reason = data.reason if data else ""
        await once_for(request, visit.actor)  # refuses a malformed key
        await orders.cancel(visit.actor, number, reason=reason)
        order, entries = await orders.timeline(visit.actor, number)
        body = order_body(order, _slug(visit), _timeline(entries))
        return tagged(request, body, order.version)


class OrderDeskApi(Controller):
    """The orders of all companies, for the MSP."""

    path = "/orders"
    tags = ("Orders",)

    @get(operation_id="listOrders", summary="List orders", security=needs("orders:admin"))
    async def list(
        self,
        asked: NamedDependency[Asked],
        actor: NamedDependency[Actor],
        orders: NamedDependency[OrderService],
        search: FromQuery[str] = "",
        status: FromQuery[Status | None] = None,
        count: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
    ) -> Response[Listed[OrderRowBody]]:
        """List the orders of all companies, newest first."""
        wanted = OrderFilter(search=search, status=status, count=count)
        page = await orders.page(actor, wanted, asked.window)
        return listed(asked, page, order_row)

    @get(
        "/{number:str}",
        operation_id="getOrder",
        summary="Get an order",
        security=needs("orders:admin"),
    )
    async def show(
        self,
        request: AnyRequest,
        number: FromPath[str],
        actor: NamedDependency[Actor],
        orders: NamedDependency[OrderService],
    ) -> Response[DeskOrderBody]:
        """Get any company's order, with what the MSP alone knows of it."""
        sheet = await orders.sheet(actor, number)
        return tagged(request, _desk_body(sheet), sheet.order.version)

    @patch(
        "/{number:str}",
        operation_id="changeOrder",
        summary="Change an order",
        security=needs("orders:admin"),
        operation_class=Conditional,
    )
    async def change(
        self,
        request: AnyRequest,
        number: FromPath[str],
        data: JSONBody[OrderChange],
        actor: NamedDependency[Actor],
        orders: NamedDependency[OrderService],
    ) -> Response[DeskOrderBody]:
        """Move an order on, or change its shipping details and the MSP's notes."""
        version = expected_version(request)
        shipping = None if data.shipping is UNSET else _shipping(data.shipping)
        with unless_stale():
            await orders.update(
                actor,
                number,
                status=chosen(data.status, None),
                shipping=shipping,
                notes=chosen(data.notes, None),
                version=version,
            )
        sheet = await orders.sheet(actor, number)
        return tagged(request, _desk_body(sheet), sheet.order.version)


def order_row(order: OrderSummary) -> OrderRowBody:
    """Return the order as a list shows it."""
    return OrderRowBody(
        number=order.number,
        status=order.status,
        company=order.company_slug,
        placed_by=order.placed_by_name,
        placed_at=order.placed_at,
        po_number=order.po_number,
        units=order.units,
        gross=Amount.of(order.gross),
    )


def order_body(order: Order, company: str, timeline: Sequence[HappeningBody]) -> OrderBody:
    """Return the order as a company sees it: no cost, no notes."""
    return OrderBody(
        number=order.number,
        status=order.status,
        company=company,
        placed_by=order.placed_by_name,
        placed_at=order.placed_at,
        po_number=order.po_number,
        lines=[_line(line) for line in order.lines],
        totals=_totals(order.totals),
        shipping=_parcel(order.shipping),
        timeline=list(timeline),
    )


def _desk_body(sheet: OrderSheet) -> DeskOrderBody:
    order = sheet.order
    return DeskOrderBody(
        number=order.number,
        status=order.status,
        company=sheet.company.slug,
        placed_by=order.placed_by_name,
        placed_at=order.placed_at,
        po_number=order.po_number,
        lines=[_desk_line(line) for line in order.lines],
        totals=_totals(order.totals),
        shipping=_parcel(order.shipping),
        notes=order.notes,
        timeline=_timeline(sheet.entries),
    )


def _line(line: Line) -> OrderLineBody:
    return OrderLineBody(
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_price=Amount.of(line.unit_price),
        line_total=Amount.of(line.total),
    )


def _desk_line(line: Line) -> DeskLineBody:
    return DeskLineBody(
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_price=Amount.of(line.unit_price),
        line_total=Amount.of(line.total),
        cost=amount_or_none(line.cost),
    )


def _totals(totals: Totals) -> TotalsBody:
    return TotalsBody(
        net=Amount.of(totals.net),
        freight=Amount.of(totals.freight),
        tax=Amount.of(totals.tax),
        gross=Amount.of(totals.gross),
    )


def _parcel(shipping: Shipping) -> ShippingBody:
    return ShippingBody(
        carrier=shipping.carrier, consignment=shipping.consignment, eta=shipping.eta
    )


def _shipping(body: ShippingBody) -> Shipping:
    return Shipping(carrier=body.carrier, consignment=body.consignment, eta=body.eta)


def _timeline(entries: Sequence[Entry]) -> list[HappeningBody]:
    return [HappeningBody(type=e.type, at=e.at, by=e.actor.name) for e in entries]


def _placing(order: Order) -> HappeningBody:
    """Return the beginning of every order's timeline."""
    type_ = event_type(OrderPlaced)
    return HappeningBody(type=type_, at=order.placed_at, by=order.placed_by_name)


def _slug(visit: Visit) -> str:
    if visit.company is None:
        raise NotFound("There is no such company.")
    return visit.company.slug
