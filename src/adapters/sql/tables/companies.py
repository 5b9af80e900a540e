"""Companies, who belongs to them, and the MSP's settings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.columns import DOCUMENT, ID, MOMENT, TEXT, at_least, one_of
from adapters.sql.tables.base import Row, table_of
from portal_core.identity.permissions import Role


class CompanyRow(Row):
    """A client. `name_key` is the folded name, to search and sort by."""

    __tablename__ = "companies"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(TEXT)
    name_key: Mapped[str] = mapped_column(TEXT)
    slug: Mapped[str] = mapped_column(TEXT)
    currency: Mapped[str] = mapped_column(TEXT)
    time_zone: Mapped[str] = mapped_column(TEXT)
    price_list_id: Mapped[UUID | None] = mapped_column(ID, ForeignKey("price_lists.id"))
    sign_in: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("slug = lower(slug)", name="slug_lower"),
        CheckConstraint("length(currency) = 3", name="currency_code"),
        at_least("version", 1),
        Index("ix_companies_name_key", "name_key", "id"),
        Index("ix_companies_price_list_id", "price_list_id"),
    )


class MembershipRow(Row):
    """A user in a company, with a role."""

    __tablename__ = "memberships"

    user_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    company_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(TEXT)
    since: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        one_of("role", Role),
        Index("ix_memberships_company_id", "company_id"),
    )


class SettingsRow(Row):
    """The MSP's settings, as a document; its secrets are sealed. At most one row."""

    __tablename__ = "portal_settings"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    data: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)

    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)


companies = table_of(CompanyRow)
memberships = table_of(MembershipRow)
portal_settings = table_of(SettingsRow)
