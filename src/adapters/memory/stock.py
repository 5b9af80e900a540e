"""Units in warehouses, in dictionaries."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from adapters.memory.tables import LedgerEntry, Tables
from portal_core.commerce.model import Product, StockLevel, StockMove
from portal_core.commerce.ports import StockChange
from portal_core.errors import Conflict
from portal_core.ids import ProductId


class MemoryStock:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def levels(self, product_id: ProductId) -> Sequence[StockLevel]:
        levels = self._tables.levels.items()
        return [
            StockLevel(warehouse, units)
            for (product, warehouse), units in sorted(levels, key=lambda item: item[0][1])
            if product == product_id
        ]

    async def apply(
        self, moves: Sequence[StockMove], *, at: datetime, reference: UUID | None
    ) -> Sequence[StockChange]:
        ids = dict.fromkeys(move.product_id for move in moves)
        before = {id_: self._tables.products[id_] for id_ in ids}
        for move in moves:
            self._make(move)
            entry = LedgerEntry(move=move, at=at, reference=reference)
            self._tables.ledger.append(entry)
        for id_ in ids:
            self._refuse_below_zero(self._tables.products[id_])
        return [_change(before[id_], self._tables.products[id_]) for id_ in ids]

    def _make(self, move: StockMove) -> None:
        product = self._tables.products[move.product_id]
        self._tables.products[product.id] = replace(
            product,
            on_hand=product.on_hand + move.on_hand,
            reserved=product.reserved + move.reserved,
            feed_digest=None if move.on_hand else product.feed_digest,
        )
        if move.warehouse:
            place = (product.id, move.warehouse)
            there = self._tables.levels.get(place, 0)
            self._tables.levels[place] = there + move.on_hand

    def _refuse_below_zero(self, product: Product) -> None:
        units = [
            units
            for (product_id, _), units in self._tables.levels.items()
            if product_id == product.id
        ]
        if min([product.reserved, *units]) < 0:
            raise Conflict(f"There are not so many units of {product.name}.", code="stock")


def _change(before: Product, after: Product) -> StockChange:
    return StockChange(
        product_id=after.id,
        sku=after.sku,
        name=after.name,
        before=before.available,
        after=after.available,
    )
