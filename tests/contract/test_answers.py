"""The contract of Answers."""

import asyncio

import pytest
from msgspec.structs import replace

from portal_core.idempotency import Answer, Once

ONCE = Once("user:bea@harbour", "key-1", "fingerprint")


async def claim(database, once=ONCE):
    async with database.begin() as work:
        return await work.answers.claim(once)


async def answer(database, once=ONCE, body=b"{}"):
    async with database.begin() as work:
        assert await work.answers.claim(once) is None
        await work.answers.keep(once, body)


async def test_a_new_key_has_no_answer(database):
    assert await claim(database) is None


async def test_a_kept_answer_comes_back(database):
    await answer(database, body=b'{"order":"\xc3\xa9"}')
    assert await claim(database) == Answer("fingerprint", b'{"order":"\xc3\xa9"}')


async def test_the_fingerprint_of_the_first_request_comes_back(database):
    await answer(database)
    assert await claim(database, replace(ONCE, fingerprint="other")) == Answer(
        "fingerprint", b"{}"
    )


@pytest.mark.parametrize(
    "other", [replace(ONCE, scope="user:otto@harbour"), replace(ONCE, key="key-2")]
)
async def test_the_keys_of_strangers_never_meet(database, other):
    await answer(database)
    assert await claim(database, other) is None


async def test_an_undone_work_leaves_its_key_free(database):
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as work:
            await work.answers.claim(ONCE)
            await work.answers.keep(ONCE, b"{}")
            raise ZeroDivisionError
    assert await claim(database) is None


async def test_of_many_at_once_one_decides_and_all_hear_the_same(database):
    decided = []

    async def ask(number):
        async with database.begin() as work:
            earlier = await work.answers.claim(ONCE)
            if earlier is not None:
                return earlier.body
            await asyncio.sleep(0.01)
            decided.append(number)
            body = b"decided by %d" % number
            await work.answers.keep(ONCE, body)
            return body

    async with asyncio.timeout(20):
        bodies = await asyncio.gather(*(ask(number) for number in range(8)))
    assert len(decided) == 1
    assert set(bodies) == {b"decided by %d" % decided[0]}


async def test_who_waits_for_an_undone_work_decides_next(database):
    claimed = asyncio.Event()

    async def fail():
        async with database.begin() as work:
            await work.answers.claim(ONCE)
            claimed.set()
            await asyncio.sleep(0.02)
            raise ZeroDivisionError

    async def ask():
        await claimed.wait()
        return await claim(database)

    async with asyncio.timeout(20):
        failure, earlier = await asyncio.gather(fail(), ask(), return_exceptions=True)
    assert isinstance(failure, ZeroDivisionError)
    assert earlier is None
