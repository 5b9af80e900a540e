"""What people show besides a password: codes of an authenticator, passkeys, spare codes."""

import re
import secrets
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from portal_core.errors import Invalid
from portal_core.ids import AuthenticatorId, PasskeyId, UserId, new_id

RECOVERY_CODES = 10
MOST_OF_A_KIND = 10
"""How many authenticators, and how many passkeys, one person may have."""

_LONGEST_NAME = 60
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Without 0, 1, i, l and o, which are easily taken for one another: 4.95 bits each."""
_HALF = 6
_SECRET = re.compile(r"[A-Z2-7]{32,64}")


class Method(StrEnum):
    """A way of showing who one is."""

    PASSWORD = "password"  # noqa: S105 - its name
    CODE = "code"
    RECOVERY_CODE = "recovery-code"
    PASSKEY = "passkey"
    PROVIDER = "provider"


class Authenticator(Struct, frozen=True, kw_only=True):
    """An app that makes codes from a shared secret and the time (RFC 6238).

    `last_step` is the latest interval of 30 seconds whose code was accepted: no code of it
    or of an earlier one is accepted again.
    """

    id: AuthenticatorId
    user_id: UserId
    name: str
    secret: str
    last_step: int
    created_at: datetime
    used_at: datetime

    @classmethod
    def create(
        cls, user_id: UserId, *, name: str, secret: str, step: int, at: datetime
    ) -> "Authenticator":
        """Return a new authenticator whose first code was just accepted. Raises Invalid."""
        return cls(
            id=AuthenticatorId(new_id()),
            user_id=user_id,
            name=factor_name(name, "Authenticator"),
            secret=secret,
            last_step=step,
            created_at=at,
            used_at=at,
        )


class Passkey(Struct, frozen=True, kw_only=True):
    """A key pair in somebody's device; here is its public half (WebAuthn level 3).

    `sign_count` is what the device last said; 0 if it does not count.
    """

    id: PasskeyId
    user_id: UserId
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    created_at: datetime
    used_at: datetime


class Factors(Struct, frozen=True, kw_only=True):
    """Everything that a person can show besides a password."""

    authenticators: tuple[Authenticator, ...] = ()
    passkeys: tuple[Passkey, ...] = ()
    recovery_codes: int = 0

    @property
    def any(self) -> bool:
        """Whether signing in asks for one of them. Recovery codes alone are none."""
        return bool(self.authenticators or self.passkeys)


class OneTimeCode(Struct, frozen=True):
    """The code that somebody typed, without the blanks and hyphens people put in."""

    text: str

    @classmethod
    def read(cls, typed: str) -> "OneTimeCode":
        """Return the code in what was typed."""
        return cls(re.sub(r"[\s\-–]", "", typed).lower()[:64])

    @property
    def is_recovery(self) -> bool:
        """Whether it has the form of a recovery code."""
        return len(self.text) == 2 * _HALF and set(self.text) <= set(_ALPHABET)


def new_recovery_codes() -> tuple[str, ...]:
    """Return ten codes such as `k7m2qd-x4w9hz`, to be shown once."""
    halves = ["".join(secrets.choice(_ALPHABET) for _ in range(_HALF)) for _ in range(20)]
    return tuple(f"{a}-{b}" for a, b in zip(halves[::2], halves[1::2], strict=True))


def factor_name(name: str, default: str) -> str:
    """Return the name that a person gives to a factor. Raises Invalid."""
    cleaned = " ".join(name.split()) or default
    if len(cleaned) > _LONGEST_NAME:
        message = f"Use at most {_LONGEST_NAME} characters."
        raise Invalid(message, field="name", code="too_long")
    return cleaned


def check_secret(secret: str) -> None:
    """Raise Invalid unless this could be the secret of an authenticator, of 160 bits."""
    if not _SECRET.fullmatch(secret):
        raise Invalid("Load the page again for a new code to scan.", field="code")
