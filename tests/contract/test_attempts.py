import asyncio
from datetime import timedelta

import pytest

from portal_core.identity.throttle import Attempts
from tests.people import NOON


async def test_a_new_bucket_is_empty(database):
    async with database.begin() as work:
        assert await work.attempts.lock("new") == Attempts()


async def test_a_count_is_kept_for_its_bucket(database):
    counted = Attempts(3, NOON + timedelta(microseconds=1))
    async with database.begin() as work:
        await work.attempts.lock("one")
        await work.attempts.keep("one", counted)
    async with database.begin() as work:
        assert await work.attempts.lock("one") == counted
        assert await work.attempts.lock("two") == Attempts()


async def test_a_count_is_undone_with_its_work(database):
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as work:
            await work.attempts.lock("one")
            await work.attempts.keep("one", Attempts(1, NOON))
            raise ZeroDivisionError
    async with database.begin() as work:
        assert await work.attempts.lock("one") == Attempts()


async def test_nobody_counts_past_a_lock(database):
    async def count():
        async with database.begin() as work:
            attempts = await work.attempts.lock("one")
            await asyncio.sleep(0)
            await work.attempts.keep("one", Attempts(attempts.failures + 1, NOON))

    await asyncio.gather(*(count() for _ in range(10)))
    async with database.begin() as work:
        assert (await work.attempts.lock("one")).failures == 10
