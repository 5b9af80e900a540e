"""Orders as their templates read them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from adapters.http.addresses import Address
from adapters.http.forms import Filled
from portal_core.audit.model import Entry
from portal_core.commerce.order import (
    TO_SHIP,
    TRANSITIONS,
    UNDER_WAY,
    Line,
    Order,
    OrderSummary,
    Status,
    Totals,
)
from portal_core.errors import Invalid
from portal_core.money import Money
from portal_core.paging import Total


class Look(Struct, frozen=True):
    """How a status or a happening looks: words, colour, icon."""

    label: str
    tone: str
    sign: str


LOOKS: Mapping[Status, Look] = {
    Status.PLACED: Look("Placed", "info", "clock"),
    Status.PROCESSING: Look("Processing", "accent", "refresh"),
    Status.ON_HOLD: Look("On hold", "warning", "alert-triangle"),
    Status.SHIPPED: Look("Shipped", "accent", "truck"),
    Status.DELIVERED: Look("Delivered", "success", "package"),
    Status.COMPLETED: Look("Completed", "success", "circle-check"),
    Status.CANCELLED: Look("Cancelled", "neutral", "ban"),
}

_STAGES: Mapping[str, tuple[str, frozenset[Status]]] = {
    "to_ship": ("To ship", TO_SHIP),
    "under_way": ("On their way", UNDER_WAY),
}
"""Several statuses that are looked for at once, by the name in the address."""

_HAPPENINGS: Mapping[str, Look] = {
    "order.placed": Look("Placed", "success", "shopping-cart"),
    "order.cancelled": Look("Cancelled", "danger", "ban"),
    "order.shipped": Look("Shipped", "accent", "truck"),
}


class RowView(Struct, frozen=True, kw_only=True):
    """An order in a list."""

    number: str
    href: str
    company: str
    placed_by: str
    placed_at: datetime
    look: Look
    po_number: str
    units: int
    gross: Money


class ListView(Struct, frozen=True, kw_only=True):
    """What a list of orders reads."""

    address: Address
    rows: tuple[RowView, ...]
    statuses: tuple[tuple[str, str], ...]
    across: bool
    shop: str
    found: str
    prev: str | None
    next: str | None


class LineView(Struct, frozen=True, kw_only=True):
    """A line of an order."""

    sku: str
    name: str
    quantity: int
    unit_price: Money
    line_total: Money


class HappeningView(Struct, frozen=True, kw_only=True):
    """Something that happened to an order."""

    look: Look
    at: datetime
    who: str
    text: str


class OrderView(Struct, frozen=True, kw_only=True):
    """What the page of an order reads. The MSP's page has more to do than the client's."""

    here: str
    number: str
    look: Look
    company: str
    placed_by: str
    placed_at: datetime
    po_number: str
    lines: tuple[LineView, ...]
    totals: Totals
    carrier: str
    consignment: str
    eta: date | None
    happenings: tuple[HappeningView, ...]
    may_cancel: bool
    may_order: bool


class DeskForm(Struct, frozen=True, kw_only=True):
    """What the MSP's form about an order sends."""

    status: Status | None = None
    carrier: str = ""
    consignment: str = ""
    eta: date | None = None
    notes: str = ""
    version: int = 0


class DeskView(OrderView, frozen=True, kw_only=True):
    """What the MSP reads on top: costs, margin, and what can be done next."""

    filled: Filled[DeskForm]
    next_statuses: tuple[tuple[str, str], ...]
    cost: Money | None
    margin: Money | None
    deliveries: str


def row_of(order: OrderSummary, room: str) -> RowView:
    """Return the order as a row that links to its page."""
    return RowView(
        number=order.number,
        href=f"{room}/{order.number}",
        company=order.company_name,
        placed_by=order.placed_by_name,
        placed_at=order.placed_at,
        look=LOOKS[order.status],
        po_number=order.po_number,
        units=order.units,
        gross=order.gross,
    )


def line_of(line: Line) -> LineView:
    """Return the line as a client may see it."""
    return LineView(
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        line_total=line.total,
    )


def happenings_of(entries: Sequence[Entry]) -> tuple[HappeningView, ...]:
    """Return what happened, newest first."""
    return tuple(_happening(entry) for entry in reversed(entries))


def statuses() -> tuple[tuple[str, str], ...]:
    """Return every status and stage with its words, for a filter."""
    stages = [(name, label) for name, (label, _) in _STAGES.items()]
    return (*stages, *((status.value, look.label) for status, look in LOOKS.items()))


def among(wanted: str) -> frozenset[Status]:
    """Return the statuses that the filter asks for, none if all. Raises Invalid."""
    if wanted in _STAGES:
        return _STAGES[wanted][1]
    if wanted and wanted not in set(Status):
        raise Invalid("There is no such status.", field="status")
    return frozenset({Status(wanted)} if wanted else ())


def next_statuses(order: Order) -> tuple[tuple[str, str], ...]:
    """Return where the order may go from here, but for cancelling, which asks first."""
    allowed = TRANSITIONS[order.status] - {Status.CANCELLED}
    return tuple((s.value, look.label) for s, look in LOOKS.items() if s in allowed)


def cost_of(order: Order) -> Money | None:
    """Return what the order costs the MSP, if every line's cost is known."""
    costs = [line.cost * line.quantity for line in order.lines if line.cost]
    known = len(costs) == len(order.lines)
    return Money.total(costs, order.totals.net.currency) if known else None


def found(total: Total | None) -> str:
    """Return how many orders there are, in words."""
    if total is None:
        return ""
    noun = "order" if total.exact and total.count == 1 else "orders"
    return f"{total.count:,}{'' if total.exact else '+'} {noun}"


def _happening(entry: Entry) -> HappeningView:
    look = _HAPPENINGS.get(entry.type) or _moved(entry)
    return HappeningView(look=look, at=entry.at, who=entry.actor.name, text=_text(entry))


def _moved(entry: Entry) -> Look:
    status = entry.details.get("status")
    if "status" in entry.details.get("changed", ()) and status in set(Status):
        return LOOKS[Status(status)]
    return Look("Details changed", "neutral", "edit")


def _text(entry: Entry) -> str:
    if entry.type == "order.shipped":
        parts = (entry.details.get("carrier"), entry.details.get("consignment"))
        return " ".join(part for part in parts if part)
    return str(entry.details.get("reason") or "")
