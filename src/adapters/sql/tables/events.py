"""What happened, and who is told: events, deliveries, endpoints."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.columns import DOCUMENT, ID, MOMENT, TEXT, at_least, one_of
from adapters.sql.tables.base import Row, table_of
from portal_core.automation.model import PayloadFormat
from portal_core.delivery import DeliveryState
from portal_core.events import ActorKind

_PENDING = text("state = 'pending'")
_FAILED = text("state = 'failed'")


class EventRow(Row):
    """A fact. It outlives whatever it names, so nothing in it is a foreign key.

    `place` is its place among the facts of one change, which share a moment.
    """

    __tablename__ = "events"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    at: Mapped[datetime] = mapped_column(MOMENT)
    place: Mapped[int] = mapped_column(Integer)
    type: Mapped[str] = mapped_column(TEXT)
    company_id: Mapped[UUID | None] = mapped_column(ID)
    actor_kind: Mapped[str] = mapped_column(TEXT)
    actor_id: Mapped[UUID | None] = mapped_column(ID)
    actor_name: Mapped[str] = mapped_column(TEXT)
    subject_id: Mapped[UUID | None] = mapped_column(ID)
    request_id: Mapped[str | None] = mapped_column(TEXT)
    data: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)

    __table_args__ = (
        one_of("actor_kind", ActorKind),
        at_least("place"),
        Index("ix_events_subject_id", "subject_id", "at"),
        Index("ix_events_company_id", "company_id", "at"),
        Index("ix_events_type", "type", "at"),
    )


class DeliveryRow(Row):
    """An event on its way to a receiver.

    `claimed_at` says when the try that holds the lease began. `target` may name an endpoint
    that was removed.
    """

    __tablename__ = "deliveries"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ID, ForeignKey("events.id", ondelete="CASCADE"))
    event_type: Mapped[str] = mapped_column(TEXT)
    subscriber: Mapped[str] = mapped_column(TEXT)
    target: Mapped[UUID | None] = mapped_column(ID)
    state: Mapped[str] = mapped_column(TEXT)
    attempts: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    next_at: Mapped[datetime | None] = mapped_column(MOMENT)
    claimed_at: Mapped[datetime | None] = mapped_column(MOMENT)
    leased_until: Mapped[datetime | None] = mapped_column(MOMENT)
    last_answer: Mapped[str] = mapped_column(TEXT)

    __table_args__ = (
        one_of("state", DeliveryState),
        at_least("attempts"),
        CheckConstraint(
            "state <> 'pending' OR next_at IS NOT NULL", name="pending_has_time"
        ),
        Index(
            "ix_deliveries_due",
            "next_at",
            "id",
            postgresql_where=_PENDING,
            sqlite_where=_PENDING,
        ),
        Index(
            "ix_deliveries_failed",
            "created_at",
            "id",
            postgresql_where=_FAILED,
            sqlite_where=_FAILED,
        ),
        Index("ix_deliveries_event_id", "event_id"),
        Index("ix_deliveries_target", "target", "created_at"),
        Index("ix_deliveries_created_at", "created_at", "id"),
    )


class AttemptRow(Row):
    """One try to make a delivery."""

    __tablename__ = "delivery_attempts"

    delivery_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(MOMENT)
    milliseconds: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(TEXT)
    answer: Mapped[str] = mapped_column(TEXT)

    __table_args__ = (
        at_least("number", 1),
        at_least("milliseconds"),
        one_of("state", DeliveryState),
    )


class EndpointRow(Row):
    """A registered receiver of webhooks. `legacy_key` and `secrets` are sealed."""

    __tablename__ = "endpoints"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    url: Mapped[str] = mapped_column(TEXT)
    description: Mapped[str] = mapped_column(TEXT)
    events: Mapped[list[str]] = mapped_column(DOCUMENT)
    company_id: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="CASCADE")
    )
    format: Mapped[str] = mapped_column(TEXT)
    legacy_key: Mapped[str] = mapped_column(TEXT)
    secrets: Mapped[str] = mapped_column(TEXT)
    overlap_ends_at: Mapped[datetime | None] = mapped_column(MOMENT)
    disabled: Mapped[bool] = mapped_column(Boolean)
    failing_since: Mapped[datetime | None] = mapped_column(MOMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        one_of("format", PayloadFormat),
        at_least("version", 1),
        Index("ix_endpoints_company_id", "company_id"),
    )


events = table_of(EventRow)
deliveries = table_of(DeliveryRow)
delivery_attempts = table_of(AttemptRow)
endpoints = table_of(EndpointRow)

# Written out, not bound: only so do partial indexes serve prepared statements.
is_pending = deliveries.c.state == literal_column("'pending'")
is_failed = deliveries.c.state == literal_column("'failed'")
