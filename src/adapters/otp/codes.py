"""Codes of authenticator apps, by pyotp."""

import hmac
from datetime import datetime

import pyotp

_AROUND = (0, -1, 1)
"""This interval, and for clocks that are a little off the last and the next."""


class TotpCodes:
    """RFC 6238 as every app has it: SHA-1, six digits, intervals of 30 seconds."""

    def new_secret(self) -> str:
        return pyotp.random_base32()

    def address(self, secret: str, account: str, issuer: str) -> str:
        # Some apps take what stands before a colon for the issuer, wherever it stands.
        plain = issuer.replace(":", " ")
        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=plain)

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        totp = pyotp.TOTP(secret)
        this = totp.timecode(now)
        near = [(this + n, totp.generate_otp(this + n)) for n in _AROUND]
        fits = [step for step, each in near if _same(each, code)]
        return fits[0] if fits else None


def _same(code: str, other: str) -> bool:
    return hmac.compare_digest(code.encode(), other.encode(errors="replace"))
