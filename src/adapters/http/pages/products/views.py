"""Products as the MSP's templates read them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

from adapters.http.addresses import Address
from adapters.http.forms import Filled
from portal_core.commerce.model import (
    FEED_FIELDS,
    LOW_STOCK,
    MAIN_WAREHOUSE,
    Category,
    Product,
    ProductDetails,
    ProductSummary,
    StockLevel,
)
from portal_core.errors import Invalid, Problem
from portal_core.ids import CategoryId
from portal_core.money import Money

DESK = "/admin/products"
Shown = Literal["sold-out", "archived", "all"]

_OWN = "Yours: feed imports leave it alone."
_FED = "From the feed, until you change it."
_NAMES = {
    "name": "Name",
    "description": "Description",
    "category_id": "Category",
    "manufacturer": "Maker",
    "price": "Price",
    "cost": "Cost",
    "weight_grams": "Weight",
    "length_mm": "Length",
    "width_mm": "Width",
    "height_mm": "Height",
    "warranty": "Warranty",
    "image_url": "Picture",
}


class ProductForm(Struct, frozen=True, kw_only=True):
    """What the form of a product sends. `stock` is asked for a new one only."""

    sku: str = ""
    name: str = ""
    description: str = ""
    category_id: CategoryId | None = None
    manufacturer: str = ""
    price: str = ""
    cost: str = ""
    vendor_sku: str = ""
    low_stock: int = LOW_STOCK
    stock: int = 0
    version: int = 0

    def details(self, currency: str) -> ProductDetails:
        """Return what the form says, with amounts in a currency. Raises Invalid."""
        problems: list[Problem] = []
        price = amount("price", self.price, currency, problems)
        cost = amount("cost", self.cost, currency, problems)
        if problems:
            raise Invalid.of(problems)
        return ProductDetails(
            sku=self.sku,
            name=self.name,
            description=self.description,
            category_id=self.category_id,
            manufacturer=self.manufacturer,
            price=price,
            cost=cost,
            vendor_sku=self.vendor_sku,
            low_stock=self.low_stock,
        )


class RowView(Struct, frozen=True, kw_only=True):
    """A product in the list."""

    sku: str
    name: str
    href: str
    category: str
    available: int
    reserved: int
    low_stock: bool
    price: Money | None
    cost: Money | None
    archived: bool


class ListView(Struct, frozen=True, kw_only=True):
    """What the list of products reads."""

    address: Address
    rows: tuple[RowView, ...]
    categories: tuple[tuple[str, str], ...]
    found: str
    prev: str | None
    next: str | None


class NewView(Struct, frozen=True, kw_only=True):
    """What the form of a new product reads."""

    filled: Filled[ProductForm]
    categories: tuple[tuple[str, str], ...]
    currency: str
    owners: dict[str, str]


class HeadView(Struct, frozen=True, kw_only=True):
    """What every page of a product shows on top."""

    here: str
    sku: str
    name: str
    archived: bool
    tabs: tuple[tuple[str, str, bool, int | None], ...]


class FieldView(Struct, frozen=True, kw_only=True):
    """A field that the administrator has taken over from the feed."""

    name: str
    label: str


class ProductView(Struct, frozen=True, kw_only=True):
    """What the details of a product read. `owners` says of each field whose it is."""

    head: HeadView
    filled: Filled[ProductForm]
    categories: tuple[tuple[str, str], ...]
    currency: str
    owners: dict[str, str]
    locked: tuple[FieldView, ...]
    version: int
    margin: str
    available: int
    reserved: int
    low_stock: bool
    image_url: str
    created_at: datetime
    updated_at: datetime


class PriceView(Struct, frozen=True, kw_only=True):
    """A price list, and what the product costs on it."""

    id: str
    name: str
    href: str
    currency: str
    price: str
    error: str


class PricesView(Struct, frozen=True, kw_only=True):
    """What the prices of a product read."""

    head: HeadView
    usual: Money | None
    cost: Money | None
    prices: tuple[PriceView, ...]
    problems: tuple[Problem, ...]


class StockView(Struct, frozen=True, kw_only=True):
    """What the stock of a product reads."""

    head: HeadView
    filled: Filled["StockForm"]
    others: tuple[tuple[str, int], ...]
    on_hand: int
    reserved: int
    available: int


class StockForm(Struct, frozen=True, kw_only=True):
    """What “Save” beside the stock sends."""

    units: int


class CompanyView(Struct, frozen=True, kw_only=True):
    """A company, and whether the product is hidden from it."""

    id: str
    name: str
    hidden: bool


class VisibilityView(Struct, frozen=True, kw_only=True):
    """What the page about who may see a product reads."""

    head: HeadView
    companies: tuple[CompanyView, ...]
    kept: tuple[str, ...]
    search: str
    address: Address


def address_of(sku: str) -> str:
    """Return where the product is shown."""
    # “new” is the address of a form; SKUs are found in either case.
    return f"{DESK}/{quote('NEW' if sku == 'new' else sku, safe='')}"


def amount(field: str, text: str, currency: str, problems: list[Problem]) -> Money | None:
    """Return the amount that was typed, or None for a blank; note what is wrong."""
    if not text.strip():
        return None
    try:
        return Money.parse(text, currency)
    except ValueError as error:
        problems.append(Problem(field, f"{error}."))
        return None


def row_of(product: ProductSummary) -> RowView:
    """Return the product as a row that links to its page."""
    return RowView(
        sku=product.sku,
        name=product.name,
        href=address_of(product.sku),
        category=product.category.replace("/", " / "),
        available=product.available,
        reserved=product.reserved,
        low_stock=product.low_stock,
        price=product.price,
        cost=product.cost,
        archived=product.archived,
    )


def head_of(product: Product, current: str) -> HeadView:
    """Return the head of a product's pages, with one of its tabs current."""
    here = address_of(product.sku)
    tabs = (
        ("Details", ""),
        ("Prices", "prices"),
        ("Stock", "stock"),
        ("Visibility", "companies"),
    )
    return HeadView(
        here=here,
        sku=product.sku,
        name=product.name,
        archived=product.archived,
        tabs=tuple(
            (label, f"{here}/{part}".rstrip("/"), part == current, None)
            for label, part in tabs
        ),
    )


def form_of(product: Product) -> ProductForm:
    """Return the form of a product as it is."""
    return ProductForm(
        sku=product.sku,
        name=product.name,
        description=product.description,
        category_id=product.category_id,
        manufacturer=product.manufacturer,
        price=product.price.amount if product.price else "",
        cost=product.cost.amount if product.cost else "",
        vendor_sku=product.vendor_sku,
        low_stock=product.low_stock,
        version=product.version,
    )


def owners_of(product: Product | None) -> dict[str, str]:
    """Return of each field that a feed may write whose it is now; of a new one, nothing."""
    if product is None:
        return dict.fromkeys(FEED_FIELDS, "")
    return {f: _OWN if f in product.locked_fields else _FED for f in FEED_FIELDS}


def locked_of(product: Product) -> tuple[FieldView, ...]:
    """Return the fields that were taken over from the feed."""
    return tuple(
        FieldView(name=field, label=label)
        for field, label in _NAMES.items()
        if field in product.locked_fields
    )


def margin_of(price: Money | None, cost: Money | None) -> str:
    """Return what is left of the price after the cost, in percent of the price."""
    if not price or not cost or price.minor == 0 or price.currency != cost.currency:
        return "unknown"
    share = Decimal(100 * (price.minor - cost.minor)) / price.minor
    return f"{share:.1f} %"


def choices_of(categories: Sequence[Category]) -> tuple[tuple[str, str], ...]:
    """Return the categories as choices, by path."""
    return tuple((str(one.id), one.path.replace("/", " / ")) for one in categories)


def others_of(levels: Sequence[StockLevel]) -> tuple[tuple[str, int], ...]:
    """Return the warehouses that the feed counts."""
    return tuple(
        (one.warehouse, one.on_hand) for one in levels if one.warehouse != MAIN_WAREHOUSE
    )


def in_main(levels: Sequence[StockLevel]) -> int:
    """Return how many units lie where the administrator counts."""
    return next((one.on_hand for one in levels if one.warehouse == MAIN_WAREHOUSE), 0)
