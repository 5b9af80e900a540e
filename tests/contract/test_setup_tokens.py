import asyncio
from datetime import timedelta

import pytest

from tests.people import NOON

TOMORROW = NOON + timedelta(days=1)


@pytest.fixture
async def offered(database):
    async with database.begin() as work:
        await work.setup_tokens.offer(b"token", TOMORROW)


async def test_an_offered_token_is_valid_until_it_ends(database, offered):
    async with database.read() as work:
        assert await work.setup_tokens.valid(b"token", NOON)
        assert not await work.setup_tokens.valid(b"token", TOMORROW)
        assert not await work.setup_tokens.valid(b"guess", NOON)


async def test_no_token_is_valid_before_one_was_offered(database):
    async with database.read() as work:
        assert not await work.setup_tokens.valid(b"token", NOON)


async def test_a_new_offer_replaces_the_one_before(database, offered):
    async with database.begin() as work:
        await work.setup_tokens.offer(b"newer", TOMORROW)
    async with database.read() as work:
        assert not await work.setup_tokens.valid(b"token", NOON)
        assert await work.setup_tokens.valid(b"newer", NOON)


async def test_a_token_is_used_once(database, offered):
    async with database.begin() as work:
        assert not await work.setup_tokens.use(b"guess", NOON)
        assert await work.setup_tokens.use(b"token", NOON)
        assert not await work.setup_tokens.use(b"token", NOON)


async def test_a_token_that_has_ended_is_not_used(database, offered):
    async with database.begin() as work:
        assert not await work.setup_tokens.use(b"token", TOMORROW)


async def test_an_undone_work_leaves_the_token(database, offered):
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as work:
            await work.setup_tokens.use(b"token", NOON)
            raise ZeroDivisionError
    async with database.read() as work:
        assert await work.setup_tokens.valid(b"token", NOON)


async def test_of_several_at_once_only_one_gets_it(database, offered):
    async def use():
        async with database.begin() as work:
            return await work.setup_tokens.use(b"token", NOON)

    used = await asyncio.gather(*(use() for _ in range(5)))
    assert sorted(used) == [False, False, False, False, True]
