"""Units in warehouses, and the ledger, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, case, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.entities import values_of
from adapters.sql.tables.commerce import products, stock_levels, stock_moves
from portal_core.commerce.model import StockLevel, StockMove
from portal_core.commerce.ports import StockChange
from portal_core.errors import Conflict
from portal_core.ids import ProductId

_STORE = (
    update(products)
    .where(products.c.id == bindparam("this"))
    .values(
        on_hand=bindparam("now_on_hand"),
        reserved=bindparam("now_reserved"),
        feed_digest=case(
            (products.c.on_hand == bindparam("now_on_hand"), products.c.feed_digest)
        ),
    )
)
STORE_LEVEL = upsert(stock_levels)
STORE_LEVEL = STORE_LEVEL.on_conflict_do_update(
    index_elements=["product_id", "warehouse"],
    set_={"on_hand": STORE_LEVEL.excluded.on_hand},
)


class SqlStock:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def levels(self, product_id: ProductId) -> Sequence[StockLevel]:
        query = (
            select(stock_levels.c.warehouse, stock_levels.c.on_hand)
            .where(stock_levels.c.product_id == product_id)
            .order_by(stock_levels.c.warehouse)
        )
        return [StockLevel(*row) for row in await self._connection.execute(query)]

    async def apply(
        self, moves: Sequence[StockMove], *, at: datetime, reference: UUID | None
    ) -> Sequence[StockChange]:
        if not moves:
            return []
        ids = list(dict.fromkeys(move.product_id for move in moves))
        before = await self._held(ids)
        after = {id_: before[id_].moved(moves) for id_ in ids}
        for count in after.values():
            count.refuse_below_zero()
        await self._connection.execute(
            _STORE,
            [
                {"this": c.id, "now_on_hand": c.on_hand, "now_reserved": c.reserved}
                for c in after.values()
            ],
        )
        await self._move_levels([move for move in moves if move.warehouse], after)
        rows = [{**values_of(move), "reference": reference, "at": at} for move in moves]
        await self._connection.execute(insert(stock_moves), rows)
        return [_change(before[id_], after[id_]) for id_ in ids]

    async def _held(self, ids: Sequence[ProductId]) -> "Mapping[ProductId, _Count]":
        """Return the units of the products, held in one order until the work is over."""
        query = (
            select(
                products.c.id,
                products.c.sku,
                products.c.name,
                products.c.on_hand,
                products.c.reserved,
            )
            .where(products.c.id.in_(ids))
            .order_by(products.c.id)
            .with_for_update()
        )
        return {row.id: _Count(*row) for row in await self._connection.execute(query)}

    async def _move_levels(
        self, moves: Sequence[StockMove], counts: "Mapping[ProductId, _Count]"
    ) -> None:
        if not moves:
            return
        query = select(stock_levels).where(
            stock_levels.c.product_id.in_([move.product_id for move in moves])
        )
        rows = await self._connection.execute(query)
        levels = {(row.product_id, row.warehouse): row.on_hand for row in rows}
        changed: dict[tuple[ProductId, str], int] = {}
        for move in moves:
            place = (move.product_id, move.warehouse)
            changed[place] = changed.get(place, levels.get(place, 0)) + move.on_hand
        for (product_id, _), units in changed.items():
            if units < 0:
                raise counts[product_id].too_few()
        await self._connection.execute(
            STORE_LEVEL,
            [
                {"product_id": product_id, "warehouse": warehouse, "on_hand": units}
                for (product_id, warehouse), units in changed.items()
            ],
        )


class _Count:
    """The units of one product."""

    def __init__(
        self, id_: ProductId, sku: str, name: str, on_hand: int, reserved: int
    ) -> None:
        self.id = id_
        self.sku = sku
        self.name = name
        self.on_hand = on_hand
        self.reserved = reserved

    @property
    def available(self) -> int:
        return max(0, self.on_hand - self.reserved)

    def moved(self, moves: Sequence[StockMove]) -> "_Count":
        own = [move for move in moves if move.product_id == self.id]
        return _Count(
            self.id,
            self.sku,
            self.name,
            self.on_hand + sum(move.on_hand for move in own),
            self.reserved + sum(move.reserved for move in own),
        )

    def refuse_below_zero(self) -> None:
        if min(self.on_hand, self.reserved) < 0:
            raise self.too_few()

    def too_few(self) -> Conflict:
        return Conflict(f"There are not so many units of {self.name}.", code="stock")


def _change(before: _Count, after: _Count) -> StockChange:
    return StockChange(
        product_id=after.id,
        sku=after.sku,
        name=after.name,
        before=before.available,
        after=after.available,
    )
