"""Signing what a browser carries for us: forms, cursors, notices."""

import base64
import hmac
from collections.abc import Sequence

from adapters.crypto.keys import keys_for


class Signer:
    """Signs texts for one purpose with the first secret; any of them still verifies."""

    def __init__(self, secrets: Sequence[str], *, purpose: str) -> None:
        self._keys = keys_for(f"sign {purpose}", secrets)

    def sign(self, text: str) -> str:
        """Return the signature of the text: 43 characters that fit into an address."""
        return _signature(self._keys[0], text)

    def verify(self, text: str, signature: str) -> bool:
        """Return whether the signature is of this text, under any live secret."""
        given = signature.encode(errors="replace")
        made = [_signature(key, text).encode() for key in self._keys]
        return any([hmac.compare_digest(each, given) for each in made])  # noqa: C419 - always as long


def _signature(key: bytes, text: str) -> str:
    digest = hmac.digest(key, text.encode(errors="replace"), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
