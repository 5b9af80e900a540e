"""Digests of API keys."""

import hmac
from collections.abc import Sequence

from adapters.crypto.keys import keys_for


class HmacKeyDigest:
    """HMAC-SHA256: who has only the database cannot try out keys against it."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = keys_for("api key", secrets)

    def digest(self, text: str) -> bytes:
        return hmac.digest(self._keys[0], text.encode(), "sha256")

    def matches(self, text: str, digest: bytes) -> bool:
        made = [hmac.digest(key, text.encode(), "sha256") for key in self._keys]
        return any([hmac.compare_digest(each, digest) for each in made])  # noqa: C419 - always as long
