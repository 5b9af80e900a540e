from datetime import timedelta

import pytest

from tests.examples import a_session, a_user
from tests.people import NOON


@pytest.fixture
async def user(database):
    user = a_user()
    async with database.begin() as work:
        await work.users.add(user)
    return user


async def open_sessions(database, user, *hashes):
    async with database.begin() as work:
        for token_hash in hashes:
            await work.sessions.add(a_session(user, token_hash=token_hash))


async def entrance(database, token_hash):
    async with database.read() as work:
        return await work.entrances.by_session(token_hash, None)


async def test_a_session_comes_back_as_stored(database, user):
    session = a_session(user, ends_at=NOON + timedelta(hours=1))
    async with database.begin() as work:
        await work.sessions.add(session)
    found = await entrance(database, session.token_hash)
    assert (found.session, found.user) == (session, user)


async def test_its_last_use_is_noted(database, user):
    await open_sessions(database, user, b"one", b"two")
    later = NOON + timedelta(minutes=5)
    async with database.begin() as work:
        await work.sessions.touch(b"one", later)
    assert (await entrance(database, b"one")).session.seen_at == later
    assert (await entrance(database, b"two")).session.seen_at == NOON


async def test_a_session_that_is_gone_is_not_touched(database):
    async with database.begin() as work:
        await work.sessions.touch(b"gone", NOON)
    assert await entrance(database, b"gone") is None


async def test_a_session_ends_once(database, user):
    await open_sessions(database, user, b"one")
    async with database.begin() as work:
        assert await work.sessions.end(b"one") == user.id
        assert await work.sessions.end(b"one") is None
    assert await entrance(database, b"one") is None


async def test_all_sessions_of_a_user_end(database, user):
    other = a_user("Otto")
    async with database.begin() as work:
        await work.users.add(other)
    await open_sessions(database, user, b"one", b"two")
    await open_sessions(database, other, b"three")
    async with database.begin() as work:
        assert await work.sessions.end_all(user.id) == 2
        assert await work.sessions.end_all(user.id) == 0
    assert await entrance(database, b"two") is None
    assert await entrance(database, b"three")


async def test_a_users_sessions_are_listed_the_last_used_first(database, user):
    one, two = a_session(user, token_hash=b"one"), a_session(user, token_hash=b"two")
    later = NOON + timedelta(minutes=5)
    async with database.begin() as work:
        await work.sessions.add(one)
        await work.sessions.add(two)
        await work.sessions.touch(b"one", later)
        found = await work.sessions.of_user(user.id)
    assert [(each.id, each.seen_at) for each in found] == [(one.id, later), (two.id, NOON)]


async def test_a_proof_is_noted(database, user):
    one, two = a_session(user, token_hash=b"one"), a_session(user, token_hash=b"two")
    later = NOON + timedelta(minutes=5)
    async with database.begin() as work:
        await work.sessions.add(one)
        await work.sessions.add(two)
        await work.sessions.prove(one.id, later)
    assert (await entrance(database, b"one")).session.proved_at == later
    assert (await entrance(database, b"two")).session.proved_at == NOON


async def test_a_user_ends_one_of_their_own_alone(database, user):
    one = a_session(user, token_hash=b"one")
    async with database.begin() as work:
        await work.sessions.add(one)
        assert not await work.sessions.end_one(a_user("Otto").id, one.id)
        assert await work.sessions.end_one(user.id, one.id)
        assert not await work.sessions.end_one(user.id, one.id)
    assert await entrance(database, b"one") is None


async def test_all_but_one_end(database, user):
    one, two = a_session(user, token_hash=b"one"), a_session(user, token_hash=b"two")
    async with database.begin() as work:
        await work.sessions.add(one)
        await work.sessions.add(two)
        assert await work.sessions.end_all(user.id, but=one.id) == 1
    assert await entrance(database, b"one")
    assert await entrance(database, b"two") is None
