"""Encrypting what must be read again, such as a webhook's secret."""

import base64
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from adapters.crypto.keys import keys_for
from portal_core.errors import Unavailable

_REMEMBERED = 256


class Sealer:
    """Seals texts under the first secret, and opens what any of them sealed.

    A few opened texts are remembered: the settings are read with every cart.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        keys = [base64.urlsafe_b64encode(key) for key in keys_for("seal", secrets)]
        self._fernet = MultiFernet([Fernet(key) for key in keys])
        self._remembered = lru_cache(_REMEMBERED)(self._opened)

    def seal(self, text: str) -> str:
        """Return the text encrypted; never the same twice."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return the text. Raises Unavailable if its key is not among the secrets."""
        return self._remembered(sealed)

    def _opened(self, sealed: str) -> str:
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Unavailable(
                "A stored secret can't be opened: PORTAL_SECRET_KEYS lacks the key that it "
                "was sealed with. Add that key again, behind the new one.",
                code="sealed",
            ) from error
