"""Argon2id, away from the event loop and no more at a time than there are cores."""

import asyncio
import os
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP Password Storage Cheat Sheet: m=46 MiB, t=1, p=1 is its first choice for Argon2id.
_KIBIBYTES = 47_104
_PASSES = 1
_LANES = 1


class Argon2Hasher:
    """Hashes and verifies passwords with Argon2id."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(_PASSES, _KIBIBYTES, _LANES)
        self._threads = ThreadPoolExecutor(os.cpu_count() or 1, "argon2")
        self._nobody = self._argon2.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._argon2.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        loop = asyncio.get_running_loop()
        stored = password_hash or self._nobody
        fits = await loop.run_in_executor(self._threads, self._fits, stored, password)
        return fits and password_hash is not None

    def outdated(self, password_hash: str) -> bool:
        return self._argon2.check_needs_rehash(password_hash)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False)

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._argon2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
