"""Imports of the feed, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.keyset import Order, page_of
from adapters.sql.tables.feed import feed_imports
from portal_core.commerce.feed_import import LEASE, FeedImport, ImportState
from portal_core.errors import Conflict, NotFound
from portal_core.ids import ImportId
from portal_core.paging import Page, Window

_PLAIN = tuple(
    field for field in FeedImport.__struct_fields__ if field not in {"by", "counts"}
)
_COUNTS = ("created", "updated", "unchanged", "missing")
_IMPORTS = select(
    *(feed_imports.c[field] for field in _PLAIN),
    feed_imports.c.actor_kind,
    feed_imports.c.actor_id,
    feed_imports.c.actor_name,
    *(feed_imports.c[count] for count in _COUNTS),
)
_NEWEST = Order.newest(feed_imports.c.created_at, feed_imports.c.id)
_UNDER_WAY = feed_imports.c.state.in_([ImportState.STAGING, ImportState.APPLYING])


class SqlImports:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, feed_import: FeedImport) -> None:
        await self._connection.execute(insert(feed_imports), _import_row(feed_import))

    async def get(self, import_id: ImportId) -> FeedImport:
        query = _IMPORTS.where(feed_imports.c.id == import_id)
        row = (await self._connection.execute(query)).first()
        if row is None:
            raise NotFound("There is no such import.")
        return _import_of(row)

    async def save(self, feed_import: FeedImport) -> None:
        before = feed_imports.c.version == feed_import.version - 1
        statement = update(feed_imports).where(feed_imports.c.id == feed_import.id, before)
        saved = await self._connection.execute(statement.values(_import_row(feed_import)))
        if saved.rowcount == 0:
            raise Conflict("This import went on meanwhile. Look again.", code="stale")

    async def page(self, window: Window) -> Page[FeedImport]:
        return await page_of(self._connection, _IMPORTS, _NEWEST, window, _import_of)

    async def last_done(self) -> FeedImport | None:
        query = (
            _IMPORTS.where(feed_imports.c.state == ImportState.DONE)
            .order_by(feed_imports.c.finished_at.desc(), feed_imports.c.id.desc())
            .limit(1)
        )
        row = (await self._connection.execute(query)).first()
        return _import_of(row) if row else None

    async def claim(self, *, now: datetime) -> FeedImport | None:
        leased_until = feed_imports.c.leased_until
        query = (
            select(feed_imports.c.id)
            .where(_UNDER_WAY, or_(leased_until.is_(None), leased_until <= now))
            .order_by(feed_imports.c.created_at, feed_imports.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        import_id = await self._connection.scalar(query)
        if import_id is None:
            return None
        await self._connection.execute(
            update(feed_imports)
            .where(feed_imports.c.id == import_id)
            .values(
                leased_until=now + LEASE,
                attempts=feed_imports.c.attempts + 1,
                version=feed_imports.c.version + 1,
            )
        )
        return await self.get(import_id)


def _import_row(feed_import: FeedImport) -> dict[str, Any]:
    row = {field: getattr(feed_import, field) for field in _PLAIN}
    row |= {count: getattr(feed_import.counts, count) for count in _COUNTS}
    by = feed_import.by
    return row | {"actor_kind": by.kind, "actor_id": by.id, "actor_name": by.name}


def _import_of(row: Sequence[Any]) -> FeedImport:
    data = dict(zip(_PLAIN, row, strict=False))
    kind, id_, name, *counts = row[len(_PLAIN) : len(_PLAIN) + 3 + len(_COUNTS)]
    data["by"] = {"kind": kind, "id": id_, "name": name}
    data["counts"] = dict(zip(_COUNTS, counts, strict=True))
    return msgspec.convert(data, FeedImport)
