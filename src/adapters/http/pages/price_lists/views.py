"""Price lists as their templates read them."""

from msgspec import Struct

from adapters.http.addresses import Address
from adapters.http.forms import Filled
from adapters.http.pages.products.views import address_of
from portal_core.commerce.model import ListedPrice, PriceList
from portal_core.money import Money

DESK = "/admin/price-lists"


class PriceListForm(Struct, frozen=True, kw_only=True):
    """What the form of a new price list sends."""

    name: str = ""
    currency: str = ""


class PriceForm(Struct, frozen=True, kw_only=True):
    """What “Set price” sends."""

    sku: str = ""
    price: str = ""


class RemoveForm(Struct, frozen=True, kw_only=True):
    """What “Take off the list” sends."""

    sku: str


class RowView(Struct, frozen=True, kw_only=True):
    """A price list among others."""

    name: str
    href: str
    currency: str


class ListView(Struct, frozen=True, kw_only=True):
    """What the list of price lists reads."""

    rows: tuple[RowView, ...]


class NewView(Struct, frozen=True, kw_only=True):
    """What the form of a new price list reads."""

    filled: Filled[PriceListForm]


class ItemView(Struct, frozen=True, kw_only=True):
    """A product of a price list."""

    sku: str
    name: str
    href: str
    usual: Money | None
    price: Money
    change: str


class PriceListView(Struct, frozen=True, kw_only=True):
    """What the page of a price list reads."""

    here: str
    name: str
    currency: str
    filled: Filled[PriceForm]
    items: tuple[ItemView, ...]
    address: Address
    prev: str | None
    next: str | None


def row_of(price_list: PriceList) -> RowView:
    """Return the price list as a row that links to its page."""
    return RowView(
        name=price_list.name,
        href=f"{DESK}/{price_list.id}",
        currency=price_list.currency,
    )


def item_of(item: ListedPrice) -> ItemView:
    """Return the product with its price here and its usual one."""
    return ItemView(
        sku=item.sku,
        name=item.name,
        href=address_of(item.sku),
        usual=item.usual,
        price=item.price,
        change=_change(item),
    )


def _change(item: ListedPrice) -> str:
    """Return how far the price is from the usual one, in percent of that."""
    usual = item.usual
    if usual is None or usual.minor == 0 or usual.currency != item.price.currency:
        return "—"
    percent = round(100 * (item.price.minor - usual.minor) / usual.minor)
    sign = "\N{MINUS SIGN}" if percent < 0 else "+" if percent > 0 else "±"
    return f"{sign}{abs(percent)} %"
