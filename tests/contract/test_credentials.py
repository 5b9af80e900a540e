import pytest

from tests.examples import a_user
from tests.people import NOON


@pytest.fixture
async def user(database):
    user = a_user()
    async with database.begin() as work:
        await work.users.add(user)
    return user


async def test_who_has_no_password_has_no_hash(database, user):
    async with database.read() as work:
        assert await work.credentials.find(user.id) is None


async def test_the_last_hash_is_kept(database, user):
    async with database.begin() as work:
        await work.credentials.keep(user.id, "first", NOON)
        await work.credentials.keep(user.id, "second", NOON)
    async with database.read() as work:
        assert await work.credentials.find(user.id) == "second"


async def test_a_password_is_one_users_own(database, user):
    other = a_user("Otto")
    async with database.begin() as work:
        await work.users.add(other)
        await work.credentials.keep(user.id, "theirs", NOON)
    async with database.read() as work:
        assert await work.credentials.find(other.id) is None
