"""Companies, who belongs to them, and the MSP's settings."""

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
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.columns import DOCUMENT, ID, MOMENT, TEXT, at_least, one_of
from adapters.sql.tables.base import Row, table_of
from portal_core.companies.variable import VariableKind
from portal_core.identity.permissions import Role, StaffScope


class CompanyRow(Row):
    """A client. `name_key` is the folded name, to search and sort by."""

    __tablename__ = "companies"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(TEXT)
    name_key: Mapped[str] = mapped_column(TEXT)
    slug: Mapped[str] = mapped_column(TEXT)
    currency: Mapped[str] = mapped_column(TEXT)
    time_zone: Mapped[str] = mapped_column(TEXT)
    locale: Mapped[str] = mapped_column(TEXT)
    vip: Mapped[bool] = mapped_column(Boolean)
    price_list_id: Mapped[UUID | None] = mapped_column(ID, ForeignKey("price_lists.id"))
    parent_id: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="SET NULL")
    )
    street: Mapped[str] = mapped_column(TEXT)
    city: Mapped[str] = mapped_column(TEXT)
    region: Mapped[str] = mapped_column(TEXT)
    postcode: Mapped[str] = mapped_column(TEXT)
    country: Mapped[str] = mapped_column(TEXT)
    syncro_id: Mapped[str | None] = mapped_column(TEXT)
    xero_id: Mapped[str | None] = mapped_column(TEXT)
    entra_tenant_id: Mapped[str | None] = mapped_column(TEXT)
    archived_at: Mapped[datetime | None] = mapped_column(MOMENT)
    archive_reason: Mapped[str] = mapped_column(TEXT)
    sign_in: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)
    closed: Mapped[list[str]] = mapped_column(DOCUMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        UniqueConstraint("slug"),
        UniqueConstraint("syncro_id"),
        UniqueConstraint("xero_id"),
        UniqueConstraint("entra_tenant_id"),
        Index("ix_companies_parent_id", "parent_id"),
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
    custom_role_id: Mapped[UUID | None] = mapped_column(ID, ForeignKey("custom_roles.id"))
    given: Mapped[list[str]] = mapped_column(DOCUMENT)
    withheld: Mapped[list[str]] = mapped_column(DOCUMENT)
    staff_scope: Mapped[str] = mapped_column(TEXT)
    since: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        one_of("role", Role),
        one_of("staff_scope", StaffScope),
        CheckConstraint(
            "(role = 'custom') = (custom_role_id IS NOT NULL)", name="custom_has_id"
        ),
        Index("ix_memberships_company_id", "company_id"),
        Index("ix_memberships_custom_role_id", "custom_role_id"),
    )


class CustomRoleRow(Row):
    """A role that an administrator put together. No company: the MSP's, for all of them."""

    __tablename__ = "custom_roles"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    company_id: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="CASCADE")
    )
    name: Mapped[str] = mapped_column(TEXT)
    name_key: Mapped[str] = mapped_column(TEXT)
    permissions: Mapped[list[str]] = mapped_column(DOCUMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        UniqueConstraint("company_id", "name_key"),
        at_least("version", 1),
        Index(
            "uq_custom_roles_msp_name_key",
            "name_key",
            unique=True,
            sqlite_where=text("company_id IS NULL"),
            postgresql_where=text("company_id IS NULL"),
        ),
    )


class GrantRow(Row):
    """A technician's way into one company."""

    __tablename__ = "technician_grants"

    user_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    company_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True
    )
    reason: Mapped[str] = mapped_column(TEXT)
    granted_by: Mapped[str] = mapped_column(TEXT)
    since: Mapped[datetime] = mapped_column(MOMENT)
    ends_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (Index("ix_technician_grants_company_id", "company_id"),)


class VariableRow(Row):
    """A named value of a company; a secret one is sealed."""

    __tablename__ = "company_variables"

    company_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(TEXT, primary_key=True)
    kind: Mapped[str] = mapped_column(TEXT)
    value: Mapped[str] = mapped_column(TEXT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (one_of("kind", VariableKind),)


class SettingsRow(Row):
    """The MSP's settings, as a document; its secrets are sealed. At most one row."""

    __tablename__ = "portal_settings"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    data: Mapped[dict[str, Any]] = mapped_column(DOCUMENT)

    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)


companies = table_of(CompanyRow)
memberships = table_of(MembershipRow)
custom_roles = table_of(CustomRoleRow)
technician_grants = table_of(GrantRow)
company_variables = table_of(VariableRow)
portal_settings = table_of(SettingsRow)
