"""Orders and their lines. What an order says never changes after it was placed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from portal_core.commerce.model import Offer
from portal_core.errors import Conflict, Invalid, Problem
from portal_core.ids import CompanyId, OrderId, ProductId, new_id
from portal_core.money import Money

MOST_UNITS = 9_999
MOST_LINES = 200
LONGEST_PO_NUMBER = 100


class Status(StrEnum):
    """How far an order has come."""

    PLACED = "placed"
    PROCESSING = "processing"
    ON_HOLD = "on_hold"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


TRANSITIONS: Mapping[Status, frozenset[Status]] = {
    Status.PLACED: frozenset(
        {Status.PROCESSING, Status.ON_HOLD, Status.SHIPPED, Status.CANCELLED}
    ),
    Status.PROCESSING: frozenset({Status.ON_HOLD, Status.SHIPPED, Status.CANCELLED}),
    Status.ON_HOLD: frozenset({Status.PROCESSING, Status.CANCELLED}),
    Status.SHIPPED: frozenset({Status.DELIVERED, Status.COMPLETED}),
    Status.DELIVERED: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}
"""Where an order may go from each status. Stock is reserved until SHIPPED or CANCELLED."""

TO_SHIP = frozenset({Status.PLACED, Status.PROCESSING})
"""What the MSP has to pack."""

UNDER_WAY = TO_SHIP | {Status.ON_HOLD, Status.SHIPPED}
"""What the buyer waits for."""

OVER = frozenset(Status) - UNDER_WAY
"""What nobody waits for any more."""


class Wish(Struct, frozen=True):
    """Somebody wants so many of a product, named by its SKU."""

    sku: str
    quantity: int


class Line(Struct, frozen=True, kw_only=True):
    """One product of an order, as it was on that day. `tax` is that of the whole line."""

    product_id: ProductId
    sku: str
    name: str
    quantity: int
    unit_price: Money
    cost: Money | None
    tax_rate_bp: int
    tax: Money

    @property
    def total(self) -> Money:
        """The line before tax."""
        return self.unit_price * self.quantity


class Totals(Struct, frozen=True, kw_only=True):
    """What an order comes to. `gross` is the sum of the others."""

    net: Money
    freight: Money
    tax: Money
    gross: Money

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Totals":
        """Return the totals of lines that share a currency. Tax is rounded per line."""
        currency = lines[0].unit_price.currency
        net = Money.total((line.total for line in lines), currency)
        tax = Money.total((line.tax for line in lines), currency)
        freight = Money.zero(currency)
        return cls(net=net, freight=freight, tax=tax, gross=net + freight + tax)


class Shipping(Struct, frozen=True, kw_only=True):
    """What the buyer may know about the parcel."""

    carrier: str = ""
    consignment: str = ""
    eta: date | None = None


class Order(Struct, frozen=True, kw_only=True):
    """A company's promise to buy."""

    id: OrderId
    number: str
    company_id: CompanyId
    placed_by: UUID | None
    placed_by_name: str
    placed_at: datetime
    status: Status = Status.PLACED
    po_number: str = ""
    lines: tuple[Line, ...]
    totals: Totals
    shipping: Shipping = Shipping()
    notes: str = ""
    updated_at: datetime
    version: int = 1

    @property
    def cancellable(self) -> bool:
        """Whether the order can still be cancelled."""
        return Status.CANCELLED in TRANSITIONS[self.status]

    def moved(self, status: Status, *, at: datetime) -> "Order":
        """Return the order in another status. Raises Conflict if it may not go there."""
        if status not in TRANSITIONS[self.status]:
            raise Conflict(
                f"An order that is {self.status.replace('_', ' ')} can't become "
                f"{status.replace('_', ' ')}.",
                code="transition_not_allowed",
            )
        return replace(self, status=status, updated_at=at)


class OrderSummary(Struct, frozen=True, kw_only=True):
    """An order as a list shows it."""

    id: OrderId
    number: str
    company_slug: str
    company_name: str
    placed_by_name: str
    placed_at: datetime
    status: Status
    po_number: str
    units: int
    gross: Money
    shipping: Shipping = Shipping()


def order_number(sequence: int) -> str:
    """Return an order's number: ORD, nine digits of the sequence, a Luhn check digit."""
    body = f"{sequence:09d}"
    digits = [int(digit) for digit in reversed(body)]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[::2]]
    return f"ORD{body}{-(sum(doubled) + sum(digits[1::2])) % 10}"


def lines_for(
    wishes: Sequence[Wish], offers: Mapping[str, Offer], *, tax_rate_bp: int
) -> tuple[Line, ...]:
    """Return the lines of an order, at the prices of the offers.

    Raises Invalid for an empty or impossible order, and Conflict when it is only stock or
    the shop that does not allow it now. Every refused line is named, with the reason.
    """
    _refuse_impossible(wishes)
    refused = [
        problem
        for position, wish in enumerate(wishes)
        if (problem := _refusal(position, wish, offers.get(wish.sku)))
    ]
    if refused:
        headline = (
            refused[0].message if len(refused) == 1 else "Some lines can't be ordered."
        )
        raise Conflict(f"{headline} Nothing was ordered.", *refused, code=refused[0].code)
    return tuple(_line(wish, offers[wish.sku], tax_rate_bp) for wish in wishes)


def clean_po_number(text: str) -> str:
    """Return the purchase-order number, tidied. Raises Invalid if it is too long."""
    cleaned = " ".join(text.split())
    if len(cleaned) > LONGEST_PO_NUMBER:
        message = f"Use at most {LONGEST_PO_NUMBER} characters."
        raise Invalid(message, field="po_number", code="too_long")
    return cleaned


def check_quantity(quantity: int, field: str = "quantity") -> None:
    """Raise Invalid unless it is a number of units that can be ordered at all."""
    if not 1 <= quantity <= MOST_UNITS:
        raise Invalid(f"Order from 1 to {MOST_UNITS:,} units.", field=field)


def refuse_too_many_lines(wishes: Sequence[Wish]) -> None:
    """Raise Invalid if there are more lines than an order or a cart can hold."""
    if len(wishes) > MOST_LINES:
        raise Invalid(f"Order at most {MOST_LINES} different products.", field="lines")


def _refuse_impossible(wishes: Sequence[Wish]) -> None:
    if not wishes:
        raise Invalid("The cart is empty.", field="lines", code="empty")
    refuse_too_many_lines(wishes)
    problems = [
        Problem(f"lines.{position}.quantity", f"Order from 1 to {MOST_UNITS:,} units.")
        for position, wish in enumerate(wishes)
        if not 1 <= wish.quantity <= MOST_UNITS
    ]
    twice = len({wish.sku.casefold() for wish in wishes}) < len(wishes)
    if twice:
        problems.append(Problem("lines", "Name each product once.", "duplicate"))
    if problems:
        raise Invalid.of(problems)


def _refusal(position: int, wish: Wish, offer: Offer | None) -> Problem | None:
    if offer is None:
        message = f"{wish.sku} is not for sale."
        return Problem(f"lines.{position}.sku", message, "not_for_sale")
    if wish.quantity > offer.available:
        left = f"only {offer.available} left" if offer.available else "none left"
        message = f"There is {left} of {offer.name} ({offer.sku})."
        return Problem(f"lines.{position}.quantity", message, "out_of_stock")
    return None


def _line(wish: Wish, offer: Offer, tax_rate_bp: int) -> Line:
    return Line(
        product_id=offer.product_id,
        sku=offer.sku,
        name=offer.name,
        quantity=wish.quantity,
        unit_price=offer.price,
        cost=offer.cost,
        tax_rate_bp=tax_rate_bp,
        tax=(offer.price * wish.quantity).share(tax_rate_bp),
    )


def place(
    lines: tuple[Line, ...],
    *,
    number: str,
    company_id: CompanyId,
    by: UUID | None,
    by_name: str,
    po_number: str,
    at: datetime,
) -> Order:
    """Return a new order of the lines."""
    return Order(
        id=OrderId(new_id()),
        number=number,
        company_id=company_id,
        placed_by=by,
        placed_by_name=by_name,
        placed_at=at,
        po_number=po_number,
        lines=lines,
        totals=Totals.of(lines),
        updated_at=at,
    )
