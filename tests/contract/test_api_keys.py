from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.errors import NotFound
from portal_core.ids import new_id
from tests.examples import a_company, a_key
from tests.people import NOON


@pytest.fixture
async def company(database):
    company = a_company()
    async with database.begin() as work:
        await work.companies.add(company)
    return company


@pytest.fixture
async def key(database, company):
    key = a_key(
        scopes=("orders:read", "products:read"),
        company_id=company.id,
        networks=("203.0.113.0/24", "2001:db8::/32"),
        expires_at=NOON + timedelta(days=90),
    )
    async with database.begin() as work:
        await work.keys.add(key)
    return key


async def test_a_key_comes_back_as_stored(database, key):
    async with database.read() as work:
        assert await work.keys.get(key.id) == key
        assert await work.keys.find(key.lookup) == key


async def test_a_key_that_is_not_there(database):
    stranger = a_key()
    async with database.read() as work:
        assert await work.keys.find(stranger.lookup) is None
        with pytest.raises(NotFound):
            await work.keys.get(stranger.id)


async def test_a_key_is_replaced(database, key):
    revoked = replace(key, revoked_at=NOON, used_at=NOON)
    async with database.begin() as work:
        await work.keys.save(revoked)
    async with database.read() as work:
        assert await work.keys.get(key.id) == revoked


async def test_keys_are_listed_newest_first(database):
    keys = [a_key(str(days), at=NOON + timedelta(days=days)) for days in (1, 3, 2)]
    async with database.begin() as work:
        for key in keys:
            await work.keys.add(key)
    async with database.read() as work:
        assert [key.name for key in await work.keys.list()] == ["3", "2", "1"]


async def test_its_last_use_is_noted(database):
    key = a_key()
    async with database.begin() as work:
        await work.keys.add(key)
        await work.keys.use(key.id, NOON)
        await work.keys.use(new_id(), NOON)
    async with database.read() as work:
        assert (await work.keys.get(key.id)).used_at == NOON
