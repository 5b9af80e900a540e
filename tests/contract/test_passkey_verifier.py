"""The contract of PasskeyVerifier, on what both of its adapters can be asked alone.

What browsers answer is signed by their devices; tests/e2e/test_passkeys.py has a real one.
"""

import json

import pytest

from adapters.memory.passkeys import MemoryPasskeys
from adapters.passkeys.verifier import WebAuthn
from portal_core.errors import Invalid
from portal_core.identity.factors import Passkey
from portal_core.ids import PasskeyId, new_id
from tests.examples import a_user
from tests.people import NOON

BROKEN = [
    "",
    "{}",
    "[]",
    "null",
    '{"rawId": 7, "response": 8}',
    '{"response": {}}',
    "\udcff",
]


@pytest.fixture(params=["memory", "webauthn"])
def passkeys(request):
    if request.param == "memory":
        return MemoryPasskeys()
    return WebAuthn("https://portal.example.com")


def test_each_question_has_its_own_challenge(passkeys):
    one, two = (passkeys.request(bytes([n]) * 32, ()) for n in (1, 2))
    assert json.loads(one)["challenge"] != json.loads(two)["challenge"]


def test_a_wish_for_a_passkey_says_for_whom(passkeys):
    question = passkeys.creation(a_user(), "Harbour IT", bytes(32), [b"known"])
    assert "bea.buyer@example.com" in question
    assert "Harbour IT" in question


@pytest.mark.parametrize("response", BROKEN)
def test_what_makes_no_sense_is_refused(passkeys, response):
    user = a_user()
    passkey = Passkey(
        id=PasskeyId(new_id()),
        user_id=user.id,
        name="Laptop",
        credential_id=b"credential",
        public_key=b"public",
        sign_count=0,
        created_at=NOON,
        used_at=NOON,
    )
    for ask in (
        lambda: passkeys.challenge_of(response),
        lambda: passkeys.credential_of(response),
        lambda: passkeys.register(response, bytes(32)),
        lambda: passkeys.verify(response, bytes(32), passkey),
    ):
        with pytest.raises(Invalid):
            ask()
