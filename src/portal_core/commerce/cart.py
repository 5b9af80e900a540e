"""The cart: what somebody means to buy for a company."""

from datetime import datetime

from msgspec import Struct

from portal_core.commerce.model import Offer
from portal_core.commerce.order import MOST_UNITS
from portal_core.ids import ProductId
from portal_core.money import Money


class CartLine(Struct, frozen=True, kw_only=True):
    """So many of a product, with the price that was last shown to the user."""

    product_id: ProductId
    sku: str
    name: str
    quantity: int
    shown_price: Money
    added_at: datetime


class CartRow(Struct, frozen=True, kw_only=True):
    """A line as it is shown: at today's price, with what has changed since.

    `offer` is None if the product can no longer be bought. `notice` is empty or one
    sentence for the buyer.
    """

    sku: str
    name: str
    quantity: int
    offer: "CartOffer | None"
    notice: str = ""

    @property
    def total(self) -> Money | None:
        """The line before tax."""
        return self.offer.price * self.quantity if self.offer else None


class CartOffer(Struct, frozen=True, kw_only=True):
    """What the buyer may know of an offer."""

    price: Money
    available: int
    image_url: str


class Cart(Struct, frozen=True, kw_only=True):
    """A cart as it is shown: today's prices, tax of the lines that can be bought."""

    rows: tuple[CartRow, ...]
    net: Money
    tax: Money
    gross: Money

    @property
    def orderable(self) -> bool:
        """Whether every line could be ordered now."""
        return bool(self.rows) and all(_buyable(row) for row in self.rows)


def show(line: CartLine, offer: Offer | None) -> CartRow:
    """Return the line at today's price, and say what the buyer should know."""
    if offer is None:
        notice = "This product is no longer for sale. Remove it to go on."
        return CartRow(
            sku=line.sku, name=line.name, quantity=line.quantity, offer=None, notice=notice
        )
    return CartRow(
        sku=offer.sku,
        name=offer.name,
        quantity=line.quantity,
        offer=CartOffer(
            price=offer.price, available=offer.available, image_url=offer.image_url
        ),
        notice=_notice(line, offer),
    )


def total(rows: tuple[CartRow, ...], *, currency: str, tax_rate_bp: int) -> Cart:
    """Return the cart with its totals; tax is rounded per line, as on the order."""
    amounts = [amount for row in rows if (amount := row.total) is not None]
    if amounts:
        currency = amounts[0].currency
    net = Money.total(amounts, currency)
    tax = Money.total((amount.share(tax_rate_bp) for amount in amounts), currency)
    return Cart(rows=rows, net=net, tax=tax, gross=net + tax)


def _buyable(row: CartRow) -> bool:
    return row.offer is not None and 1 <= row.quantity <= min(
        row.offer.available, MOST_UNITS
    )


def _notice(line: CartLine, offer: Offer) -> str:
    if not offer.available:
        return "Out of stock. Remove it, or order later."
    if line.quantity > offer.available:
        return f"Only {offer.available} left. Lower the quantity."
    if offer.price != line.shown_price:
        return f"The price changed from {line.shown_price} to {offer.price}."
    return ""
