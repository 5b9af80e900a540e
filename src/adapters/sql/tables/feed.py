"""Imports of the supplier's feed, and their rows until they are applied."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.columns import DOCUMENT, ID, MOMENT, TEXT, at_least, one_of
from adapters.sql.tables.base import Row, table_of
from portal_core.commerce.feed_import import ImportState, Origin
from portal_core.events import ActorKind

_UNDER_WAY = text("state IN ('staging', 'applying')")
_DONE = text("state = 'done'")
_IMPORT = "feed_imports.id"


class ImportRow(Row):
    """One import. `samples` shows some of what it changes."""

    __tablename__ = "feed_imports"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    origin: Mapped[str] = mapped_column(TEXT)
    source: Mapped[str] = mapped_column(TEXT)
    state: Mapped[str] = mapped_column(TEXT)
    actor_kind: Mapped[str] = mapped_column(TEXT)
    actor_id: Mapped[UUID | None] = mapped_column(ID)
    actor_name: Mapped[str] = mapped_column(TEXT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    updated_at: Mapped[datetime] = mapped_column(MOMENT)
    finished_at: Mapped[datetime | None] = mapped_column(MOMENT)
    leased_until: Mapped[datetime | None] = mapped_column(MOMENT)
    attempts: Mapped[int] = mapped_column(SmallInteger)
    forced: Mapped[bool] = mapped_column(Boolean)
    size: Mapped[int | None] = mapped_column(BigInteger)
    read: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(Integer)
    items: Mapped[int] = mapped_column(Integer)
    created: Mapped[int] = mapped_column(Integer)
    updated: Mapped[int] = mapped_column(Integer)
    unchanged: Mapped[int] = mapped_column(Integer)
    missing: Mapped[int] = mapped_column(Integer)
    skipped: Mapped[int] = mapped_column(Integer)
    warnings: Mapped[int] = mapped_column(Integer)
    message: Mapped[str] = mapped_column(TEXT)
    samples: Mapped[list[Any]] = mapped_column(DOCUMENT)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        one_of("origin", Origin),
        one_of("state", ImportState),
        one_of("actor_kind", ActorKind),
        at_least("attempts"),
        at_least("size"),
        at_least("read"),
        at_least("rows"),
        at_least("items"),
        at_least("created"),
        at_least("updated"),
        at_least("unchanged"),
        at_least("missing"),
        at_least("skipped"),
        at_least("warnings"),
        at_least("version", 1),
        Index("ix_feed_imports_created_at", "created_at", "id"),
        Index(
            "ix_feed_imports_under_way",
            "created_at",
            "id",
            postgresql_where=_UNDER_WAY,
            sqlite_where=_UNDER_WAY,
        ),
        Index(
            "ix_feed_imports_done",
            "finished_at",
            postgresql_where=_DONE,
            sqlite_where=_DONE,
        ),
    )


class PartRow(Row):
    """A piece of an uploaded feed, compressed, until it is staged."""

    __tablename__ = "feed_parts"

    import_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey(_IMPORT, ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (at_least("number"),)


class ItemRow(Row):
    """A staged row of the feed, and the product that it is about, if there is one yet.

    The product is no foreign key: it may be removed while the row waits, and checking
    thousands of them takes longer than matching them anew before they are used.
    `code_key` and `sku_key` are the folded codes; `named` is whether it has a name; `data`
    is the whole item as JSON.
    """

    __tablename__ = "feed_items"

    import_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey(_IMPORT, ondelete="CASCADE"), primary_key=True
    )
    code_key: Mapped[str] = mapped_column(TEXT, primary_key=True)
    sku_key: Mapped[str] = mapped_column(TEXT)
    line: Mapped[int] = mapped_column(Integer)
    named: Mapped[bool] = mapped_column(Boolean)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    product_id: Mapped[UUID | None] = mapped_column(ID)

    __table_args__ = (
        UniqueConstraint("import_id", "sku_key"),
        Index("ix_feed_items_product_id", "product_id", "import_id"),
    )


class FaultRow(Row):
    """Something wrong with a row of the feed; `skipped` if the row was not imported."""

    __tablename__ = "feed_faults"

    import_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey(_IMPORT, ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(TEXT)
    field: Mapped[str] = mapped_column(TEXT)
    reason: Mapped[str] = mapped_column(TEXT)
    skipped: Mapped[bool] = mapped_column(Boolean)

    __table_args__ = (
        at_least("number"),
        Index("ix_feed_faults_skipped", "import_id", "skipped", "number"),
    )


feed_imports = table_of(ImportRow)
feed_parts = table_of(PartRow)
feed_items = table_of(ItemRow)
feed_faults = table_of(FaultRow)
