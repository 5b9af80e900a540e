"""One key for each purpose, made from the secret that the operator keeps.

The keys of two purposes tell nothing about each other, so what leaks from one use, or is
made to sign something of the visitor's choosing, opens no other door.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_LENGTH = 32


def keys_for(purpose: str, secrets: Sequence[str]) -> tuple[bytes, ...]:
    """Return a key of 32 bytes from each secret, in their order. There is at least one."""
    if not secrets or not all(secrets):
        raise ValueError("there must be at least one secret key, and none may be empty")
    return tuple(_derived(purpose, secret) for secret in secrets)


def _derived(purpose: str, secret: str) -> bytes:
    # RFC 5869; a salt would have to be stored, and the secrets are random already.
    derivation = HKDF(SHA256(), _LENGTH, salt=None, info=f"atrium {purpose} 1".encode())
    return derivation.derive(secret.encode())
