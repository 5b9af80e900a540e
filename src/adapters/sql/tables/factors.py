"""Second factors, one-time links, and the browsers that people sign in with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.columns import ID, MOMENT, TEXT, at_least, one_of
from adapters.sql.tables.base import Row, table_of
from portal_core.identity.factors import Method
from portal_core.identity.tokens import Purpose


class AuthenticatorRow(Row):
    """An app that makes codes. Its secret is sealed."""

    __tablename__ = "authenticators"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(TEXT)
    secret: Mapped[str] = mapped_column(TEXT)
    last_step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (Index("ix_authenticators_user_id", "user_id"),)


class PasskeyRow(Row):
    """The public half of a key pair in somebody's device."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(TEXT)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    used_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        UniqueConstraint("credential_id"),
        Index("ix_passkeys_user_id", "user_id"),
        at_least("sign_count"),
    )


class RecoveryCodeRow(Row):
    """A recovery code that is not used yet, by its keyed digest."""

    __tablename__ = "recovery_codes"

    user_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class ChallengeRow(Row):
    """Somebody who has shown one factor and is asked for another, by a token's hash."""

    __tablename__ = "challenges"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"))
    method: Mapped[str] = mapped_column(TEXT)
    provider_id: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("providers.id", ondelete="CASCADE")
    )
    tries: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    ends_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        one_of("method", Method),
        at_least("tries"),
        Index("ix_challenges_user_id", "user_id"),
        Index("ix_challenges_ends_at", "ends_at"),
    )


class CeremonyRow(Row):
    """A question to a browser that is not answered yet."""

    __tablename__ = "ceremonies"

    challenge: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(
        ID, ForeignKey("users.id", ondelete="CASCADE")
    )
    ends_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (
        Index("ix_ceremonies_user_id", "user_id"),
        Index("ix_ceremonies_ends_at", "ends_at"),
    )


class OneTimeTokenRow(Row):
    """A link that works once: at most one for each user and purpose."""

    __tablename__ = "one_time_tokens"

    user_id: Mapped[UUID] = mapped_column(
        ID, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    purpose: Mapped[str] = mapped_column(TEXT, primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    ends_at: Mapped[datetime] = mapped_column(MOMENT)

    __table_args__ = (one_of("purpose", Purpose), UniqueConstraint("token_hash"))


class BrowserRow(Row):
    """A browser that a user has signed in with, by the hash of the token it holds."""

    __tablename__ = "browsers"

    id: Mapped[UUID] = mapped_column(ID, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ID, ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    name: Mapped[str] = mapped_column(TEXT)
    network: Mapped[str] = mapped_column(TEXT)
    created_at: Mapped[datetime] = mapped_column(MOMENT)
    seen_at: Mapped[datetime] = mapped_column(MOMENT)
    trusted_until: Mapped[datetime | None] = mapped_column(MOMENT)

    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_browsers_user_id", "user_id", "network"),
        Index("ix_browsers_seen_at", "seen_at"),
    )


authenticators = table_of(AuthenticatorRow)
passkeys = table_of(PasskeyRow)
recovery_codes = table_of(RecoveryCodeRow)
challenges = table_of(ChallengeRow)
ceremonies = table_of(CeremonyRow)
one_time_tokens = table_of(OneTimeTokenRow)
browsers = table_of(BrowserRow)
