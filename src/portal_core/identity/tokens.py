"""Links that work once: to set a forgotten password, and to accept an invitation."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from portal_core.ids import UserId


class Purpose(StrEnum):
    """What a link is for. A person has at most one live link for each."""

    RESET = "reset"
    INVITATION = "invitation"


LIFETIMES: Mapping[Purpose, timedelta] = {
    Purpose.RESET: timedelta(minutes=30),
    Purpose.INVITATION: timedelta(days=7),
}


class OneTimeToken(Struct, frozen=True, kw_only=True):
    """A link that works once. The mail holds the token; here is only its SHA-256."""

    token_hash: bytes
    purpose: Purpose
    user_id: UserId
    ends_at: datetime

    @classmethod
    def create(
        cls, purpose: Purpose, user_id: UserId, now: datetime
    ) -> tuple["OneTimeToken", str]:
        """Return a new token and its text (256 bits), which is kept nowhere."""
        text = new_token()
        ends_at = now + LIFETIMES[purpose]
        token = cls(
            token_hash=token_hash(text), purpose=purpose, user_id=user_id, ends_at=ends_at
        )
        return token, text


def new_token() -> str:
    """Return 256 random bits as text for an address or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return the SHA-256 under which a token of 256 random bits is stored."""
    return hashlib.sha256(token.encode(errors="replace")).digest()
