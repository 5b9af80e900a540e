"""Hashing that is quick, and therefore good for nothing but tests."""

import hashlib
import hmac
from collections.abc import Sequence


class MemoryPasswordHasher:
    """Hashes at once. `cost` stands for its parameters; `verified` counts the work."""

    def __init__(self, cost: int = 1) -> None:
        self.cost = cost
        self.verified = 0

    async def hash(self, password: str) -> str:
        return _hash(self.cost, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        self.verified += 1
        if password_hash is None:
            return False
        return password_hash == _hash(_cost(password_hash), password)

    def outdated(self, password_hash: str) -> bool:
        return _cost(password_hash) < self.cost


class MemoryKeyDigest:
    """Digests under the first of its secrets, and knows those under any of them."""

    def __init__(self, secrets: Sequence[bytes] = (b"secret",)) -> None:
        self._secrets = tuple(secrets)

    def digest(self, text: str) -> bytes:
        return _digest(self._secrets[0], text)

    def matches(self, text: str, digest: bytes) -> bool:
        return any(
            hmac.compare_digest(_digest(secret, text), digest) for secret in self._secrets
        )


def _hash(cost: int, password: str) -> str:
    return f"memory${cost}${hashlib.sha256(password.encode()).hexdigest()}"


def _cost(password_hash: str) -> int:
    return int(password_hash.split("$")[1])


def _digest(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), "sha256")
