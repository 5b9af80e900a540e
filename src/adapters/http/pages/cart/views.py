"""The cart as its template reads it."""

import secrets
from collections.abc import Sequence
from urllib.parse import quote

from msgspec import Struct

from portal_core.commerce.cart import Cart, CartRow
from portal_core.errors import Problem
from portal_core.money import Money


class RowView(Struct, frozen=True, kw_only=True):
    """A line of the cart. `price` None: it can't be bought any more."""

    sku: str
    name: str
    href: str
    quantity: str
    price: Money | None
    total: Money | None
    most: int
    image_url: str
    notice: str
    error: str


class SumView(Struct, frozen=True, kw_only=True):
    """What the cart comes to."""

    net: Money
    freight: Money
    tax: Money
    gross: Money


class CartView(Struct, frozen=True, kw_only=True):
    """What the cart's page reads. `key` makes ordering twice ordering once."""

    rows: tuple[RowView, ...]
    sum: SumView
    orderable: bool
    may_order: bool
    po_number: str
    po_error: str
    problems: tuple[Problem, ...]
    key: str
    shop: str
    cart: str


def rows_of(
    cart: Cart, shop: str, typed: Sequence[str], problems: Sequence[Problem]
) -> tuple[RowView, ...]:
    """Return the lines, with the quantities that were typed and what is wrong with them."""
    errors = {problem.field: problem.message for problem in problems}
    sold = [row for row in cart.rows if row.offer is not None]
    asked = dict(zip((row.sku for row in sold), typed, strict=False))
    return tuple(
        _row(row, shop, asked.get(row.sku, str(row.quantity)), _error(errors, row, cart))
        for row in cart.rows
    )


def sum_of(cart: Cart) -> SumView:
    """Return the cart's totals; freight is not charged yet."""
    freight = Money.zero(cart.net.currency)
    return SumView(net=cart.net, freight=freight, tax=cart.tax, gross=cart.gross)


def new_key() -> str:
    """Return a key for one order, minted with the page."""
    return secrets.token_urlsafe(18)


def _error(errors: dict[str, str], row: CartRow, cart: Cart) -> str:
    position = cart.rows.index(row)
    return errors.get(f"lines.{position}.quantity") or errors.get(
        f"lines.{position}.sku", ""
    )


def _row(row: CartRow, shop: str, quantity: str, error: str) -> RowView:
    return RowView(
        sku=row.sku,
        name=row.name,
        href=f"{shop}/{quote(row.sku, safe='')}",
        quantity=quantity,
        price=row.offer.price if row.offer else None,
        total=row.total,
        most=row.offer.available if row.offer else 0,
        image_url=row.offer.image_url if row.offer else "",
        notice=row.notice,
        error=error,
    )
