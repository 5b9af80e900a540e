"""Asking a browser for a passkey, and what it answers (WebAuthn level 3)."""

import secrets
from datetime import datetime, timedelta

from msgspec import Struct

from portal_core.ids import UserId

LIFETIME = timedelta(minutes=5)


class Ceremony(Struct, frozen=True, kw_only=True):
    """A question to a browser, which it answers once by signing the challenge.

    `user_id` is whose passkey is made, or asked for; None asks whoever is there.
    """

    challenge: bytes
    user_id: UserId | None
    ends_at: datetime

    @classmethod
    def create(cls, user_id: UserId | None, now: datetime) -> "Ceremony":
        """Return a new question, of 256 random bits."""
        challenge = secrets.token_bytes(32)
        return cls(challenge=challenge, user_id=user_id, ends_at=now + LIFETIME)


class Credential(Struct, frozen=True):
    """A key pair that a device has just made; here is its public half."""

    id: bytes
    public_key: bytes
    sign_count: int


class Assertion(Struct, frozen=True):
    """What a device says with its signature.

    `verified` is whether it has made sure that its owner is there, by a finger, a face or
    a PIN. Without that, a passkey is but a second factor.
    """

    sign_count: int
    verified: bool
