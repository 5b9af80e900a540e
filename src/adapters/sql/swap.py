"""Writing what an import changes: many products at a time, in few statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import astuple
from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.bulk import insert_rows
from adapters.sql.commerce import product_row
from adapters.sql.connections import is_unique_violation
from adapters.sql.tables.commerce import products, stock_levels, stock_moves
from adapters.sql.terms import write_terms
from portal_core.commerce.feed import Change
from portal_core.commerce.model import Product, StockMove
from portal_core.errors import Conflict
from portal_core.ids import ImportId

_FOUND_BY = ("name", "manufacturer")
_KEPT = {"id", "sku", "sku_key", "sku_plain", "vendor_sku", "vendor_key"} | {
    "reserved",
    "low_stock",
    "archived",
    "locked_fields",
    "created_at",
}
_WRITTEN = [column.name for column in products.c if column.name not in _KEPT]
_PRODUCT = tuple(products.c)
_LEVEL = (stock_levels.c.product_id, stock_levels.c.warehouse, stock_levels.c.on_hand)
_OR_STORE_LEVEL = (
    " ON CONFLICT (product_id, warehouse) DO UPDATE SET on_hand = excluded.on_hand"
)
_MOVE = (
    *(stock_moves.c[field] for field in StockMove.__struct_fields__),
    stock_moves.c.reference,
    stock_moves.c.at,
)
_STORE = (
    update(products)
    .where(products.c.id == bindparam("this"))
    .values({name: bindparam(f"new_{name}") for name in _WRITTEN})
)


class Swap:
    """Some changes of one import, on their way into the catalogue."""

    def __init__(self, connection: AsyncConnection, changes: Sequence[Change]) -> None:
        self._connection = connection
        self._changes = changes
        self._new = [c.after for c in changes if c.before is None]
        self._known = [c for c in changes if c.before is not None]

    async def write_products(self) -> None:
        """Store the products. Raises Conflict if a SKU is taken."""
        if self._known:
            rows = [_stored(change.after) for change in self._known]
            await self._connection.execute(_STORE, rows)
        try:
            await insert_rows(self._connection, _PRODUCT, map(_inserted, self._new))
        except IntegrityError as error:
            if not is_unique_violation(error):
                raise
            message = "Somebody added a product with a SKU of this feed meanwhile."
            raise Conflict(message, code="taken") from error

    async def write_terms(self) -> None:
        """Store how the products are found, where that changes."""
        renamed = [c.after for c in self._known if not {*_FOUND_BY}.isdisjoint(c.fields)]
        for found, new in ((self._new, True), (renamed, False)):
            await write_terms(self._connection, found, new=new)

    async def write_stock(self, *, at: datetime, reference: ImportId) -> None:
        """Store the levels, and the moves in the ledger."""
        levels = (
            (change.after.id, *astuple(level))
            for change in self._changes
            for level in change.levels
        )
        moves = (
            (*astuple(move), reference, at)
            for change in self._changes
            for move in change.moves
        )
        await insert_rows(self._connection, _LEVEL, levels, otherwise=_OR_STORE_LEVEL)
        await insert_rows(self._connection, _MOVE, moves)


def _inserted(product: Product) -> list[Any]:
    row = product_row(product)
    return [row[column.name] for column in _PRODUCT]


def _stored(product: Product) -> dict[str, Any]:
    row = product_row(product)
    return {"this": product.id, **{f"new_{name}": row[name] for name in _WRITTEN}}
