"""What the supplier's feed says of products, and what that does to the catalogue."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from portal_core.commerce.model import FEED_FIELDS, Product, StockLevel, StockMove
from portal_core.ids import CategoryId, ProductId, new_id
from portal_core.money import Money

FEED_WAREHOUSES = ("NSW", "QLD", "VIC", "SA")
"""The warehouses of which the feed speaks; their stock is the feed's."""

_NOT_IN_AN_ADDRESS = re.compile(r"[/?#\\]")


class FeedItem(Struct, frozen=True, kw_only=True):
    """What the feed says of one product.

    A value of None was missing or could not be read: it is to be left alone. An empty
    category means that the product is in none; `stock` has all the feed's warehouses.
    """

    code: str
    name: str | None
    description: str
    category: str | None
    manufacturer: str
    price: Money | None
    cost: Money | None
    weight_grams: int | None
    length_mm: int | None
    width_mm: int | None
    height_mm: int | None
    warranty: str
    image_url: str | None
    stock_date: date | None
    stock: Mapping[str, int]

    @property
    def sku(self) -> str:
        """The product's SKU here: the code, as far as it can stand in an address."""
        return _NOT_IN_AN_ADDRESS.sub("-", self.code)

    @property
    def digest(self) -> bytes:
        """A short fingerprint of all that is said; equal items have equal ones."""
        return blake2b(msgspec.json.encode(self), digest_size=16).digest()

    def product(self, category_id: CategoryId | None, *, at: datetime) -> Product:
        """Return the new product that the item describes. It must have a name."""
        said = {field: value for field, value in self._said(category_id).items() if value}
        return Product(
            id=ProductId(new_id()),
            sku=self.sku,
            vendor_sku=self.code,
            on_hand=sum(self.stock.values()),
            stock_date=self.stock_date,
            feed_digest=self.digest,
            created_at=at,
            updated_at=at,
            **said,
        )

    def applied_to(
        self, product: Product, category_id: CategoryId | None, *, at: datetime
    ) -> Product:
        """Return the product with what the feed may say of it; its stock is left out.

        What an administrator has taken over stays. The version says if anything changed.
        """
        said = self._said(category_id)
        changed = {
            field: value
            for field, value in said.items()
            if field not in product.locked_fields and value != getattr(product, field)
        }
        if changed:
            changed |= {"updated_at": at, "version": product.version + 1}
        return replace(
            product,
            stock_date=self.stock_date or product.stock_date,
            feed_digest=self.digest,
            **changed,
        )

    def _said(self, category_id: CategoryId | None) -> dict[str, Any]:
        """Return the feed's fields of which the item says something, with their values."""
        said = {
            field: value
            for field in FEED_FIELDS - {"category_id"}
            if (value := getattr(self, field)) is not None
        }
        if self.category is not None:
            said["category_id"] = category_id
        return said


class Staged(Struct, frozen=True):
    """An item, and the line on which it begins."""

    line: int
    item: FeedItem


class Known(Struct, frozen=True):
    """A product that is in the catalogue already, with its units by warehouse."""

    product: Product
    levels: Sequence[StockLevel]

    def told(
        self, item: FeedItem, category_id: CategoryId | None, *, at: datetime
    ) -> "Change":
        """Return the change that brings the product to what the feed says of it."""
        product = item.applied_to(self.product, category_id, at=at)
        return self._moved(product, item.stock)

    def gone(self) -> "Change":
        """Return the change of a product that is not in the feed any more.

        The supplier has none of it; it stays in the catalogue.
        """
        return self._moved(replace(self.product, feed_digest=None), {})

    def _moved(self, product: Product, wanted: Mapping[str, int]) -> "Change":
        moves = _stock_moves(product.id, self.levels, wanted)
        on_hand = product.on_hand + sum(move.on_hand for move in moves)
        levels = _levels(moves, wanted)
        return Change(self.product, replace(product, on_hand=on_hand), moves, levels)


class Change(Struct, frozen=True):
    """What an import does to one product: before, if there was one, and after.

    `levels` are the units, after the moves, in the warehouses that these touch.
    """

    before: Product | None
    after: Product
    moves: tuple[StockMove, ...]
    levels: tuple[StockLevel, ...]

    @classmethod
    def new(
        cls, item: FeedItem, category_id: CategoryId | None, *, at: datetime
    ) -> "Change":
        """Return the change that adds the product."""
        product = item.product(category_id, at=at)
        moves = _stock_moves(product.id, (), item.stock)
        return cls(None, product, moves, _levels(moves, item.stock))

    @property
    def shows(self) -> bool:
        """Whether anybody can tell before from after."""
        return (
            self.before is None
            or bool(self.moves)
            or self.before.version != self.after.version
        )

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the feed's fields that differ."""
        if self.before is None:
            return ()
        return tuple(
            field
            for field in sorted(FEED_FIELDS)
            if getattr(self.before, field) != getattr(self.after, field)
        )


def _stock_moves(
    product_id: ProductId, there: Sequence[StockLevel], wanted: Mapping[str, int]
) -> tuple[StockMove, ...]:
    """Return the moves that bring the feed's warehouses to what is wanted of them."""
    levels = {level.warehouse: level.on_hand for level in there}
    return tuple(
        StockMove(product_id=product_id, on_hand=units, warehouse=warehouse, reason="feed")
        for warehouse in FEED_WAREHOUSES
        if (units := wanted.get(warehouse, 0) - levels.get(warehouse, 0))
    )


def _levels(
    moves: Sequence[StockMove], wanted: Mapping[str, int]
) -> tuple[StockLevel, ...]:
    return tuple(StockLevel(m.warehouse, wanted.get(m.warehouse, 0)) for m in moves)


def folded(code: str) -> str:
    """Return the code as codes are compared: without regard to case, else as it is."""
    return code.casefold()
