import pytest
from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Conflict, Invalid
from portal_core.idempotency import Once, answered_once

ONCE = Once("user:bea@harbour", "key-1", "fingerprint")


class Receipt(Struct, frozen=True):
    number: int


@pytest.fixture
def ask(database):
    """Ask for a receipt; each that is written has the next number."""
    written = []

    async def write():
        written.append(1)
        return Receipt(len(written))

    async def ask(once, decide=write):
        async with database.begin() as work:
            return await answered_once(work.answers, once, Receipt, decide)

    return ask


async def test_without_a_key_each_request_is_its_own(ask):
    assert await ask(None) == (Receipt(1), False)
    assert await ask(None) == (Receipt(2), False)


async def test_with_a_key_the_first_answer_is_repeated(ask):
    assert await ask(ONCE) == (Receipt(1), False)
    assert await ask(ONCE) == (Receipt(1), True)


async def test_another_key_is_another_request(ask):
    await ask(ONCE)
    assert await ask(replace(ONCE, key="key-2")) == (Receipt(2), False)


async def test_the_same_key_in_another_scope_is_another_request(ask):
    await ask(ONCE)
    assert await ask(replace(ONCE, scope="user:otto@harbour")) == (Receipt(2), False)


async def test_the_same_key_for_a_different_request_is_refused(ask):
    await ask(ONCE)
    with pytest.raises(Invalid) as refusal:
        await ask(replace(ONCE, fingerprint="other"))
    assert refusal.value.code == "idempotency_key_reused"
    assert refusal.value.problems[0].field == "Idempotency-Key"


async def test_a_refusal_is_not_remembered(ask):
    async def refuse():
        raise Conflict("Out of stock.")

    with pytest.raises(Conflict):
        await ask(ONCE, refuse)
    assert await ask(ONCE) == (Receipt(1), False)
