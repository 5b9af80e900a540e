"""Passkeys that say what they are: good for tests alone."""

import json
from collections.abc import Sequence

from portal_core.errors import Invalid
from portal_core.identity.factors import Passkey
from portal_core.identity.model import User
from portal_core.identity.passkeys import Assertion, Credential


class MemoryPasskeys:
    """Believes what `MemoryDevice` writes, as long as challenge and key fit."""

    def creation(
        self, user: User, portal: str, challenge: bytes, known: Sequence[bytes]
    ) -> str:
        return _json(challenge=challenge, known=known, user=user.email, portal=portal)

    def request(self, challenge: bytes, known: Sequence[bytes]) -> str:
        return _json(challenge=challenge, known=known)

    def challenge_of(self, response: str) -> bytes:
        return bytes.fromhex(_read(response, "challenge"))

    def credential_of(self, response: str) -> bytes:
        return bytes.fromhex(_read(response, "credential"))

    def register(self, response: str, challenge: bytes) -> Credential:
        if self.challenge_of(response) != challenge:
            raise Invalid("The passkey was not accepted.", code="refused")
        id_ = self.credential_of(response)
        return Credential(id_, b"public " + id_, int(_read(response, "count")))

    def verify(self, response: str, challenge: bytes, passkey: Passkey) -> Assertion:
        made = self.register(response, challenge)
        counts = made.sign_count or passkey.sign_count
        went_back = counts and made.sign_count <= passkey.sign_count
        if made.public_key != passkey.public_key or went_back:
            raise Invalid("The passkey was not accepted.", code="refused")
        return Assertion(made.sign_count, _read(response, "verified") == "True")


class MemoryDevice:
    """A device with one passkey, which counts what it signs."""

    def __init__(self, credential: bytes = b"credential", *, verifies: bool = True) -> None:
        self.count = 0
        self._credential = credential
        self._verifies = verifies

    def answer(self, question: str) -> str:
        """Return the answer to a question of the portal."""
        self.count += 1
        return json.dumps(
            {
                "challenge": json.loads(question)["challenge"],
                "credential": self._credential.hex(),
                "count": str(self.count),
                "verified": str(self._verifies),
            }
        )


def _json(*, challenge: bytes, known: Sequence[bytes], **others: str) -> str:
    ids = [one.hex() for one in known]
    return json.dumps({"challenge": challenge.hex(), "known": ids, **others})


def _read(response: str, name: str) -> str:
    try:
        return str(json.loads(response)[name])
    except (ValueError, TypeError, KeyError) as error:
        raise Invalid("The passkey was not accepted.", code="refused") from error
