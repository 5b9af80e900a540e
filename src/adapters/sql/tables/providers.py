"""Those who vouch for people, and the accounts that people have there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.columns import DOCUMENT, ID, MOMENT, TEXT, at_least, one_of
from adapters.sql.tables.base import Row, table_of
from portal_core.identity.providers import ProviderKind, Purpose


class ProviderRow(Row):
    """Somebody who vouches for people. The client's secret is sealed."""

    __tablename__ = "providers"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    kind: Mapped[str] = mapped_column(TEXT)
    name: Mapped[str] = mapped_column(TEXT)
    address: Mapped[str] = mapped_column(TEXT)
    client_id: Mapped[str] = mapped_column(TEXT)
    client_secret: Mapped[str] = mapped_column(TEXT)
    company_id: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="CASCADE")
    )
    second_factor: Mapped[bool] = mapped_column(Boolean)
    disabled: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        one_of("kind", ProviderKind),
        at_least("version", 1),
        Index("ix_providers_company_id", "company_id"),
    )


class LinkRow(Row):
    """A user's account at a provider."""

    __tablename__ = "links"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"))
    provider_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("providers.id", ondelete="CASCADE")
    )
    subject: Mapped[str] = mapped_column(TEXT)
    email: Mapped[str] = mapped_column(TEXT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        UniqueConstraint("provider_id", "subject"),
        Index("ix_links_user_id", "user_id"),
    )


class ErrandRow(Row):
    """Somebody who was sent to a provider, by the hash of the state they carry."""

    __tablename__ = "errands"

    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    provider_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("providers.id", ondelete="CASCADE")
    )
    purpose: Mapped[str] = mapped_column(TEXT)
    user_id: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("users.id", ondelete="CASCADE")
    )
    place: Mapped[str] = mapped_column(TEXT)
    secrets: Mapped[str] = mapped_column(TEXT)
    claim: Mapped[dict[str, Any] | None] = mapped_column(DOCUMENT)
    ends_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        one_of("purpose", Purpose),
        Index("ix_errands_ends_at", "ends_at"),
        Index("ix_errands_provider_id", "provider_id"),
        Index("ix_errands_user_id", "user_id"),
    )


providers = table_of(ProviderRow)
links = table_of(LinkRow)
errands = table_of(ErrandRow)
