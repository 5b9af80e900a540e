"""Users, their passwords and sessions, and API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.columns import DOCUMENT, ID, MOMENT, TEXT, at_least, one_of
from adapters.sql.tables.base import Row, table_of
from portal_core.identity.permissions import MspRole


class UserRow(Row):
    """Someone who signs in. `name_key` is the folded name, to search and sort by."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    email: Mapped[str] = mapped_column(TEXT)
    name: Mapped[str] = mapped_column(TEXT)
    name_key: Mapped[str] = mapped_column(TEXT)
    msp_role: Mapped[str | None] = mapped_column(TEXT)
    disabled: Mapped[bool] = mapped_column(Boolean)
    must_change_password: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    signed_in_at: Mapped[datetime | None] = mapped_column(MOMENT)
    version: Mapped[int] = mapped_column(Integer)

    __table_args__ = (
        UniqueConstraint("email"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        one_of("msp_role", MspRole, optional=True),
        at_least("version", 1),
        Index("ix_users_name_key", "name_key", "id"),
    )


class CredentialRow(Row):
    """A user's password hash, apart from the user so that no list can carry it."""

    __tablename__ = "credentials"

    user_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    password_hash: Mapped[str] = mapped_column(TEXT)
    changed_at: Mapped[datetime] = mapped_column(MOMENT)


class SessionRow(Row):
    """A signed-in browser, by the hash of its token."""

    __tablename__ = "sessions"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    id: Mapped[UUID] = mapped_column(ID)
    user_id: Mapped[UUID] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"))
    methods: Mapped[list[str]] = mapped_column(DOCUMENT)
    provider_id: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("providers.id", ondelete="SET NULL")
    )
    second_factor: Mapped[bool] = mapped_column(Boolean)
    proved_at: Mapped[datetime] = mapped_column(MOMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    seen_at: Mapped[datetime] = mapped_column(MOMENT)
    ends_at: Mapped[datetime] = mapped_column(MOMENT)
    idle_minutes: Mapped[int] = mapped_column(Integer)
    network: Mapped[str] = mapped_column(TEXT)
    browser: Mapped[str] = mapped_column(TEXT)

    __table_args__ = (
        UniqueConstraint("id"),
        Index("ix_sessions_user_id", "user_id"),
        Index("ix_sessions_ends_at", "ends_at"),
    )


class AttemptsRow(Row):
    """How often signing in failed lately, by bucket."""

    __tablename__ = "sign_in_attempts"

    bucket: Mapped[str] = mapped_column(TEXT, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        at_least("failures"),
        Index("ix_sign_in_attempts_last_at", "last_at"),
    )


class SetupTokenRow(Row):
    """The one-time link to the first administrator. There is at most one row."""

    __tablename__ = "setup_tokens"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    ends_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)


class ApiKeyRow(Row):
    """A key that acts without a person; its text is not kept."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(TEXT)
    lookup: Mapped[str] = mapped_column(TEXT)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(DOCUMENT)
    company_id: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("companies.id", ondelete="CASCADE")
    )
    networks: Mapped[list[str]] = mapped_column(DOCUMENT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    expires_at: Mapped[datetime | None] = mapped_column(MOMENT)
    revoked_at: Mapped[datetime | None] = mapped_column(MOMENT)
    used_at: Mapped[datetime | None] = mapped_column(MOMENT)

    __table_args__ = (
        UniqueConstraint("lookup"),
        Index("ix_api_keys_company_id", "company_id"),
        Index("ix_api_keys_created_at", "created_at", "id"),
    )


users = table_of(UserRow)
credentials = table_of(CredentialRow)
sessions = table_of(SessionRow)
sign_in_attempts = table_of(AttemptsRow)
setup_tokens = table_of(SetupTokenRow)
api_keys = table_of(ApiKeyRow)
