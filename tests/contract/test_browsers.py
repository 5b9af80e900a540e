from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.examples import a_browser, a_user
from tests.people import NOON

LATER = NOON + timedelta(hours=1)


@pytest.fixture
async def users(database):
    bea, otto = a_user(), a_user("Otto")
    async with database.begin() as work:
        await work.users.add(bea)
        await work.users.add(otto)
    return bea, otto


async def keep(database, *browsers):
    async with database.begin() as work:
        for browser in browsers:
            await work.browsers.keep(browser)


async def test_a_browser_is_found_by_any_of_the_tokens_it_holds(database, users):
    bea, otto = users
    browser = a_browser(bea, trusted_until=LATER)
    await keep(database, browser)
    async with database.read() as work:
        assert await work.browsers.find(bea.id, [b"other", b"browser"]) == browser
        assert await work.browsers.find(bea.id, [b"other"]) is None
        assert await work.browsers.find(bea.id, []) is None
        assert await work.browsers.find(otto.id, [b"browser"]) is None


async def test_what_is_known_of_a_browser_is_replaced(database, users):
    browser = a_browser(users[0])
    newer = replace(browser, token_hash=b"newer", seen_at=LATER, trusted_until=LATER)
    await keep(database, browser, newer)
    async with database.read() as work:
        assert list(await work.browsers.of_user(users[0].id)) == [newer]


async def test_the_last_used_comes_first(database, users):
    early = a_browser(users[0])
    late = a_browser(users[0], token_hash=b"late", at=LATER)
    others = a_browser(users[1], token_hash=b"others")
    await keep(database, early, late, others)
    async with database.read() as work:
        assert list(await work.browsers.of_user(users[0].id)) == [late, early]


async def test_a_network_is_remembered(database, users):
    await keep(database, a_browser(users[0]))
    async with database.read() as work:
        assert await work.browsers.used_from(users[0].id, "192.0.2.0/24")
        assert not await work.browsers.used_from(users[0].id, "198.51.100.0/24")
        assert not await work.browsers.used_from(users[1].id, "192.0.2.0/24")


async def test_a_user_forgets_their_own_alone(database, users):
    browser = a_browser(users[0])
    await keep(database, browser)
    async with database.begin() as work:
        assert not await work.browsers.remove(users[1].id, browser.id)
        assert await work.browsers.remove(users[0].id, browser.id)
        assert not await work.browsers.remove(users[0].id, browser.id)


async def test_trust_ends_in_all_of_a_users_browsers(database, users):
    bea, otto = users
    hers = a_browser(bea, trusted_until=LATER)
    his = a_browser(otto, token_hash=b"his", trusted_until=LATER)
    await keep(database, hers, his)
    async with database.begin() as work:
        await work.browsers.distrust(bea.id)
        assert list(await work.browsers.of_user(bea.id)) == [
            replace(hers, trusted_until=None)
        ]
        assert list(await work.browsers.of_user(otto.id)) == [his]
