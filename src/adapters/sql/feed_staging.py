"""What imports have staged, and the swap into the catalogue, in SQL."""

import asyncio
import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.bulk import insert_rows
from adapters.sql.columns import ID, TEXT
from adapters.sql.commerce import product_of
from adapters.sql.connections import is_unique_violation
from adapters.sql.entities import Entity
from adapters.sql.keyset import Order, page_of
from adapters.sql.swap import Swap
from adapters.sql.tables.commerce import products, stock_levels
from adapters.sql.tables.feed import feed_faults, feed_imports, feed_items, feed_parts
from portal_core.commerce.feed import (
    FEED_WAREHOUSES,
    Change,
    FeedItem,
    Known,
    Staged,
    folded,
)
from portal_core.commerce.feed_import import TRANSITIONS
from portal_core.commerce.feed_reading import Fault
from portal_core.commerce.model import StockLevel
from portal_core.errors import Conflict
from portal_core.ids import ImportId, ProductId
from portal_core.paging import Page, Window

_LOCK = 7_220_196_051_404
"""Any number, as long as nobody else locks it."""

_QUICKLY = 1
_FAULT = Entity(Fault, feed_faults)
_FAULTS = select(*_FAULT.columns)
_FAULT_COLUMNS = (
    feed_faults.c.import_id,
    feed_faults.c.number,
    *(feed_faults.c[field] for field in _FAULT.fields),
)
_ITEM_COLUMNS = (
    feed_items.c.import_id,
    feed_items.c.code_key,
    feed_items.c.sku_key,
    feed_items.c.line,
    feed_items.c.named,
    feed_items.c.digest,
    feed_items.c.data,
    feed_items.c.product_id,
)
_AS_NOTED = Order(feed_faults.c.number)
_OVER = feed_imports.c.state.in_([state for state, ways in TRANSITIONS.items() if not ways])

_THIS = feed_items.c.import_id == bindparam("this_import")

# Each in two ways. Given many keys, PostgreSQL may read a whole table instead of looking
# them up in an index, so it is asked for one after the other.
_KEYS = bindparam("keys", type_=TEXT, expanding=True)
_KEYS_ON_SERVER = bindparam("keys", type_=ARRAY(TEXT))
_LINES = (
    select(feed_items.c.sku_key, feed_items.c.line).where(
        _THIS, feed_items.c.sku_key.in_(_KEYS)
    ),
    text(
        "SELECT asked.key, found.line FROM unnest(:keys) AS asked (key), LATERAL "
        "(SELECT line FROM feed_items WHERE import_id = :this_import"
        " AND sku_key = asked.key LIMIT 1) AS found"
    ).bindparams(bindparam("this_import", type_=ID), _KEYS_ON_SERVER),
)
_PRODUCTS = (
    select(products.c.vendor_key, products.c.id)
    .where(products.c.vendor_key.in_(_KEYS))
    .order_by(products.c.id.desc()),
    text(
        "SELECT asked.key, found.id FROM unnest(:keys) AS asked (key), LATERAL "
        "(SELECT id FROM products WHERE vendor_key = asked.key"
        " ORDER BY id LIMIT 1) AS found"
    )
    .bindparams(_KEYS_ON_SERVER)
    .columns(key=TEXT, id=ID),
)
_OTHER = feed_items.alias("other")
_BY_CODE = (
    select(products.c.id)
    .where(products.c.vendor_key == feed_items.c.code_key)
    .order_by(products.c.id)
    .limit(1)
    .scalar_subquery()
)
_BY_SKU = (
    select(products.c.id)
    .where(
        products.c.sku_key == feed_items.c.code_key,
        ~exists().where(
            _OTHER.c.import_id == feed_items.c.import_id,
            _OTHER.c.code_key == products.c.vendor_key,
        ),
    )
    .scalar_subquery()
)
_ABOUT = func.coalesce(_BY_CODE, _BY_SKU)
_MATCH = (
    update(feed_items)
    .where(_THIS, feed_items.c.product_id.is_distinct_from(_ABOUT))
    .values(product_id=_ABOUT)
)
_UNUSABLE = and_(
    _THIS,
    feed_items.c.product_id.is_(None),
    or_(
        ~feed_items.c.named,
        exists().where(products.c.sku_key == feed_items.c.sku_key),
    ),
)

_DIFFERS = products.c.feed_digest.is_distinct_from(feed_items.c.digest)
_OF_THE_FEED = or_(
    products.c.feed_digest.is_not(None),
    exists().where(
        stock_levels.c.product_id == products.c.id,
        stock_levels.c.warehouse.in_(FEED_WAREHOUSES),
        stock_levels.c.on_hand > 0,
    ),
)
_IN_THE_FEED = and_(_THIS, feed_items.c.product_id == products.c.id)
_TO_CHANGE = (
    select(products.c.id)
    .outerjoin(feed_items, _IN_THE_FEED)
    .where(
        or_(
            and_(feed_items.c.product_id.is_not(None), _DIFFERS),
            and_(feed_items.c.product_id.is_(None), _OF_THE_FEED),
        )
    )
    .order_by(products.c.id)
    .with_for_update(of=products)
    .subquery()
)
_DIFFERING = (
    select(feed_items.c.line, feed_items.c.data, *products.c)
    .outerjoin(products, products.c.id == feed_items.c.product_id)
    .where(_THIS, or_(products.c.id.is_(None), _DIFFERS))
    .order_by(feed_items.c.code_key)
)
_MISSING = (
    select(*products.c)
    .where(~exists().where(_IN_THE_FEED), _OF_THE_FEED)
    .order_by(products.c.id)
)
_LOCK_PRODUCTS = select(func.count()).select_from(_TO_CHANGE)


class SqlStaging:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_part(self, import_id: ImportId, number: int, data: bytes) -> None:
        packed = zlib.compress(data, _QUICKLY)
        row = {"import_id": import_id, "number": number, "data": packed}
        await self._connection.execute(insert(feed_parts), row)

    async def part(self, import_id: ImportId, number: int) -> bytes | None:
        packed = await self._connection.scalar(
            select(feed_parts.c.data).where(
                feed_parts.c.import_id == import_id, feed_parts.c.number == number
            )
        )
        return None if packed is None else zlib.decompress(packed)

    async def add(self, import_id: ImportId, staged: Sequence[Staged]) -> None:
        about = await self._asked(_PRODUCTS, [folded(each.item.code) for each in staged])
        rows = (_item_row(import_id, each, about) for each in staged)
        try:
            await insert_rows(self._connection, _ITEM_COLUMNS, rows)
        except IntegrityError as error:
            if is_unique_violation(error):
                raise Conflict("A row is staged already.", code="taken") from error
            raise

    async def lines(self, import_id: ImportId, skus: Collection[str]) -> Mapping[str, int]:
        return await self._asked(_LINES, skus, this_import=import_id)

    async def known(self, codes: Collection[str]) -> frozenset[str]:
        as_codes = select(products.c.vendor_key).where(products.c.vendor_key.in_(codes))
        as_skus = select(products.c.sku_key).where(products.c.sku_key.in_(codes))
        return frozenset(await self._connection.scalars(as_codes.union(as_skus)))

    async def note(
        self, import_id: ImportId, faults: Sequence[Fault], *, start: int
    ) -> None:
        rows = (
            (import_id, number, *msgspec.structs.astuple(fault))
            for number, fault in enumerate(faults, start)
        )
        await insert_rows(self._connection, _FAULT_COLUMNS, rows)

    async def faults(
        self, import_id: ImportId, window: Window, *, skipped: bool | None = None
    ) -> Page[Fault]:
        query = _FAULTS.where(feed_faults.c.import_id == import_id)
        if skipped is not None:
            query = query.where(feed_faults.c.skipped == skipped)
        return await page_of(self._connection, query, _AS_NOTED, window, _FAULT.read)

    async def match(self, import_id: ImportId, *, lock: bool = False) -> Sequence[Staged]:
        this = {"this_import": import_id}
        on_server = self._connection.dialect.name == "postgresql"
        if lock and on_server:
            await self._connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        await self._connection.execute(_MATCH, this)
        query = select(feed_items.c.line, feed_items.c.data).where(_UNUSABLE)
        found = await self._connection.execute(query.order_by(feed_items.c.line), this)
        unusable = [Staged(line, _item(data)) for line, data in found]
        if unusable:
            await self._connection.execute(delete(feed_items).where(_UNUSABLE), this)
        if lock and on_server:
            await self._connection.execute(_LOCK_PRODUCTS, this)
        await asyncio.sleep(0)
        return unusable

    async def differing(
        self, import_id: ImportId, *, after: str, limit: int
    ) -> Sequence[tuple[Staged, Known | None]]:
        query = _DIFFERING.where(feed_items.c.code_key > after).limit(limit)
        found = await self._connection.execute(query, {"this_import": import_id})
        rows = found.all()
        known = await self._known([row for row in rows if row.id is not None])
        await asyncio.sleep(0)
        return [(Staged(row.line, _item(row.data)), known.get(row.id)) for row in rows]

    async def missing(
        self, import_id: ImportId, *, after: ProductId | None, limit: int
    ) -> Sequence[Known]:
        query = _MISSING.limit(limit)
        if after is not None:
            query = query.where(products.c.id > after)
        found = await self._connection.execute(query, {"this_import": import_id})
        known = await self._known(found.all())
        await asyncio.sleep(0)
        return list(known.values())

    async def write(
        self, changes: Sequence[Change], *, at: datetime, reference: ImportId
    ) -> None:
        swap = Swap(self._connection, changes)
        await swap.write_products()
        await asyncio.sleep(0)
        await swap.write_terms()
        await asyncio.sleep(0)
        await swap.write_stock(at=at, reference=reference)

    async def clear(self, import_id: ImportId) -> None:
        for table in (feed_items, feed_faults):
            await self._connection.execute(
                delete(table).where(table.c.import_id == import_id)
            )

    async def sweep(self) -> None:
        over = select(feed_imports.c.id).where(_OVER)
        for table in (feed_items, feed_parts):
            await self._connection.execute(delete(table).where(table.c.import_id.in_(over)))

    async def _asked(
        self, queries: tuple[Any, Any], keys: Collection[str], **others: object
    ) -> dict[str, Any]:
        """Return what there is for each of the keys; the last row of a key counts."""
        on_server = self._connection.dialect.name == "postgresql"
        query = queries[on_server]
        rows = await self._connection.execute(query, {"keys": list(keys), **others})
        return {key: value for key, value in rows}  # noqa: C416 - of rows, not of pairs

    async def _known(self, rows: Sequence[Row[Any]]) -> Mapping[ProductId, Known]:
        """Return the products of the rows with their stock, in the same order."""
        levels: dict[ProductId, list[StockLevel]] = {row.id: [] for row in rows}
        if levels:
            query = select(stock_levels).where(
                stock_levels.c.product_id.in_(levels),
                stock_levels.c.warehouse.in_(FEED_WAREHOUSES),
            )
            for product_id, warehouse, on_hand in await self._connection.execute(query):
                levels[product_id].append(StockLevel(warehouse, on_hand))
        return {row.id: Known(product_of(row), levels[row.id]) for row in rows}


def _item_row(
    import_id: ImportId, staged: Staged, about: Mapping[str, ProductId]
) -> tuple[Any, ...]:
    item = staged.item
    named, data = item.name is not None, msgspec.json.encode(item)
    code, sku = folded(item.code), folded(item.sku)
    return (
        import_id,
        code,
        sku,
        staged.line,
        named,
        item.digest,
        data,
        about.get(code),
    )


def _item(data: bytes) -> FeedItem:
    return msgspec.json.decode(data, type=FeedItem)
