"""Codes and lists of passwords that are good for tests alone."""

from collections.abc import Collection
from datetime import datetime

_SECONDS = 30


class MemoryCodes:
    """Codes that say their interval: whoever reads a test sees which one fits."""

    def __init__(self) -> None:
        self._made = 0

    def new_secret(self) -> str:
        self._made += 1
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[self._made % 7 :].ljust(32, "A")

    def address(self, secret: str, account: str, issuer: str) -> str:
        return f"otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}"

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        this = int(now.timestamp()) // _SECONDS
        return next(
            (n for n in range(this - 1, this + 2) if code == code_of(secret, n)), None
        )


class MemoryKnownPasswords:
    """Knows the passwords that it is told."""

    def __init__(self, passwords: Collection[str] = ()) -> None:
        self._passwords = frozenset(passwords)

    def known(self, password: str) -> bool:
        return password.casefold() in self._passwords


def code_of(secret: str, step: int) -> str:
    """Return the code of the interval."""
    return f"{(step * 31 + sum(secret.encode())) % 1_000_000:06}"
