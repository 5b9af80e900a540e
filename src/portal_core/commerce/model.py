"""Products, categories and price lists."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Invalid, Problem
from portal_core.ids import CategoryId, PriceListId, ProductId, new_id
from portal_core.money import Money

LOW_STOCK = 5
"""From how many units on a product counts as low, unless it says otherwise."""

FEED_FIELDS = frozenset(
    {
        "name",
        "description",
        "category_id",
        "manufacturer",
        "price",
        "cost",
        "weight_grams",
        "length_mm",
        "width_mm",
        "height_mm",
        "warranty",
        "image_url",
    }
)
"""The fields that the feed writes, unless an administrator has taken one over."""

MAIN_WAREHOUSE = "main"
"""Where stock lies that an administrator enters by hand."""

_LONGEST = {"sku": 64, "name": 255, "description": 20_000, "manufacturer": 120}
_CURRENCY = re.compile(r"[A-Z]{3}")
_SKU = re.compile(r"[^\s\x00-\x1f/?#\\]([^\x00-\x1f/?#\\]*[^\s\x00-\x1f/?#\\])?")


class Category(Struct, frozen=True, kw_only=True):
    """A shelf of the shop; shelves nest. `path` is the names from the top, by `/`."""

    id: CategoryId
    parent_id: CategoryId | None
    name: str
    path: str

    @classmethod
    def create(cls, name: str, parent: "Category | None") -> "Category":
        """Return a new category below the parent. Raises Invalid for a broken name."""
        cleaned = " ".join(name.split())
        if not cleaned or "/" in cleaned or len(cleaned) > 120:  # noqa: PLR2004
            message = "Enter a name of at most 120 characters, without a slash."
            raise Invalid(message, field="name")
        path = f"{parent.path}/{cleaned}" if parent else cleaned
        parent_id = parent.id if parent else None
        return cls(id=CategoryId(new_id()), parent_id=parent_id, name=cleaned, path=path)


class ProductDetails(Struct, frozen=True, kw_only=True):
    """What an administrator writes about a product. Amounts are before tax."""

    sku: str
    name: str
    description: str = ""
    category_id: CategoryId | None = None
    manufacturer: str = ""
    price: Money | None = None
    cost: Money | None = None
    vendor_sku: str = ""
    low_stock: int = LOW_STOCK

    def checked(self) -> "ProductDetails":
        """Return the details, tidied. Raises Invalid that names every broken field."""
        tidy = replace(
            self,
            sku=self.sku.strip(),
            name=" ".join(self.name.split()),
            description=self.description.strip(),
            manufacturer=" ".join(self.manufacturer.split()),
            vendor_sku=self.vendor_sku.strip(),
        )
        problems = [*_text_problems(tidy), *_amount_problems(tidy)]
        if problems:
            raise Invalid.of(problems)
        return tidy


class Product(Struct, frozen=True, kw_only=True):
    """Something a company can order.

    `on_hand` units lie in the warehouses, `reserved` of them are promised to orders that
    have not left yet. A product without a price is not for sale. `locked_fields` belong to
    an administrator; the feed leaves them alone.
    """

    id: ProductId
    sku: str
    vendor_sku: str
    name: str
    description: str = ""
    category_id: CategoryId | None = None
    manufacturer: str = ""
    price: Money | None = None
    cost: Money | None = None
    on_hand: int = 0
    reserved: int = 0
    low_stock: int = LOW_STOCK
    weight_grams: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    warranty: str = ""
    image_url: str = ""
    stock_date: date | None = None
    archived: bool = False
    locked_fields: frozenset[str] = frozenset()
    feed_digest: bytes | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @classmethod
    def create(cls, details: ProductDetails, *, at: datetime) -> "Product":
        """Return a new product with the (checked) details, and no stock yet.

        Everything that the administrator has filled in is theirs, not the feed's.
        """
        filled = {f for f in FEED_FIELDS if getattr(details, f, None)}
        return cls(
            id=ProductId(new_id()),
            sku=details.sku,
            vendor_sku=details.vendor_sku or details.sku,
            name=details.name,
            description=details.description,
            category_id=details.category_id,
            manufacturer=details.manufacturer,
            price=details.price,
            cost=details.cost,
            low_stock=details.low_stock,
            locked_fields=frozenset(filled),
            created_at=at,
            updated_at=at,
        )

    @property
    def available(self) -> int:
        """How many units can be ordered now; never below zero."""
        return max(0, self.on_hand - self.reserved)

    def edited(self, details: ProductDetails, *, at: datetime) -> "Product":
        """Return the product with the (checked) details; what changed is now locked."""
        changed = self.changed_by(details)
        values = {f: getattr(details, f) for f in changed}
        return replace(
            self,
            **values,
            vendor_sku=details.vendor_sku or details.sku,
            locked_fields=self.locked_fields | (changed & FEED_FIELDS),
            updated_at=at,
        )

    def changed_by(self, details: ProductDetails) -> frozenset[str]:
        """Return the names of the fields in which the details differ."""
        fields = frozenset(details.__struct_fields__) - {"vendor_sku"}
        return frozenset(f for f in fields if getattr(details, f) != getattr(self, f))

    def handed_back(self, fields: frozenset[str], *, at: datetime) -> "Product":
        """Return the product with these fields left to the feed from its next import on."""
        locked = self.locked_fields - fields
        return replace(self, locked_fields=locked, feed_digest=None, updated_at=at)


class PriceList(Struct, frozen=True, kw_only=True):
    """Prices for a group of companies, such as VIP. What it leaves out costs the usual."""

    id: PriceListId
    name: str
    currency: str

    @classmethod
    def create(cls, name: str, currency: str) -> "PriceList":
        """Return a new, empty price list. Raises Invalid that names every broken field."""
        cleaned, code = " ".join(name.split()), currency.strip().upper()
        problems = []
        if not cleaned or len(cleaned) > 120:  # noqa: PLR2004
            problems.append(Problem("name", "Enter a name of at most 120 characters."))
        if not _CURRENCY.fullmatch(code):
            problems.append(Problem("currency", "Such as AUD or EUR."))
        if problems:
            raise Invalid.of(problems)
        return cls(id=PriceListId(new_id()), name=cleaned, currency=code)


class ListedPrice(Struct, frozen=True, kw_only=True):
    """What a product costs on a price list, beside its usual price."""

    product_id: ProductId
    sku: str
    name: str
    usual: Money | None
    price: Money


class Offer(Struct, frozen=True, kw_only=True):
    """A product as one company may buy it now, with the company's own price.

    It carries the cost, for the order's snapshot; never show an offer to a client as it is.
    """

    product_id: ProductId
    sku: str
    name: str
    price: Money
    cost: Money | None
    on_hand: int
    reserved: int
    low_stock: int
    image_url: str = ""

    @property
    def available(self) -> int:
        """How many units can be ordered now; never below zero."""
        return max(0, self.on_hand - self.reserved)


class ShopProduct(Struct, frozen=True, kw_only=True):
    """A product as a client sees it: no cost, no supplier, nobody else's price."""

    id: ProductId
    sku: str
    name: str
    description: str
    category_id: CategoryId | None
    category: str
    manufacturer: str
    price: Money
    stock: int
    low_stock: bool
    warranty: str
    image_url: str
    updated_at: datetime


class ProductSummary(Struct, frozen=True, kw_only=True):
    """A product as the MSP's list shows it."""

    id: ProductId
    sku: str
    name: str
    category: str
    manufacturer: str
    price: Money | None
    cost: Money | None
    available: int
    reserved: int
    low_stock: bool
    archived: bool
    updated_at: datetime


class StockLevel(Struct, frozen=True):
    """Units of a product in one warehouse."""

    warehouse: str
    on_hand: int


class StockMove(Struct, frozen=True, kw_only=True):
    """A change of stock: in one warehouse, or of what is reserved, and why."""

    product_id: ProductId
    on_hand: int = 0
    reserved: int = 0
    warehouse: str = ""
    reason: str


def taken_from(
    levels: Sequence[StockLevel], product_id: ProductId, quantity: int, reason: str
) -> list[StockMove]:
    """Return the moves that take units from the fullest warehouses first.

    What the warehouses do not hold is left: the next feed says what is really there.
    """
    moves: list[StockMove] = []
    for level in sorted(levels, key=lambda each: (-each.on_hand, each.warehouse)):
        units = min(level.on_hand, quantity)
        if units > 0:
            quantity -= units
            moves.append(
                StockMove(
                    product_id=product_id,
                    on_hand=-units,
                    warehouse=level.warehouse,
                    reason=reason,
                )
            )
    return moves


def subtree(categories: Sequence[Category], top: CategoryId) -> frozenset[CategoryId]:
    """Return the ids of a category and everything below it."""
    by_parent: dict[CategoryId | None, list[CategoryId]] = {}
    for category in categories:
        by_parent.setdefault(category.parent_id, []).append(category.id)
    found: set[CategoryId] = set()
    waiting = [top]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(by_parent.get(current, ()))
    return frozenset(found)


def _text_problems(details: ProductDetails) -> list[Problem]:
    problems = [
        Problem(field, f"Use at most {longest:,} characters.", "too_long")
        for field, longest in _LONGEST.items()
        if len(getattr(details, field)) > longest
    ]
    if not _SKU.fullmatch(details.sku):
        problems.append(Problem("sku", "Enter a SKU without / ? # or a backslash."))
    if not details.name:
        problems.append(Problem("name", "Enter a name.", "required"))
    return problems


def _amount_problems(details: ProductDetails) -> list[Problem]:
    problems = [
        Problem(field, "Enter an amount of zero or more.")
        for field in ("price", "cost")
        if (amount := getattr(details, field)) is not None and amount.minor < 0
    ]
    if not 0 <= details.low_stock <= 1_000_000:  # noqa: PLR2004
        problems.append(Problem("low_stock", "Enter a number of units, 0 or more."))
    return problems
