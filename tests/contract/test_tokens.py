from datetime import timedelta

import pytest

from portal_core.identity.tokens import OneTimeToken, Purpose
from tests.examples import a_user
from tests.people import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
async def user(database):
    user = a_user()
    async with database.begin() as work:
        await work.users.add(user)
    return user


def a_token(user, token_hash=b"token", purpose=Purpose.RESET):
    return OneTimeToken(
        token_hash=token_hash, purpose=purpose, user_id=user.id, ends_at=NOON + HOUR
    )


async def offer(database, *tokens):
    async with database.begin() as work:
        for token in tokens:
            await work.tokens.offer(token)


async def test_a_token_is_found_until_it_ends(database, user):
    token = a_token(user)
    await offer(database, token)
    async with database.read() as work:
        assert await work.tokens.find(b"token", NOON) == token
        assert await work.tokens.live(user.id, Purpose.RESET, NOON) == token
        assert await work.tokens.find(b"another", NOON) is None
        assert await work.tokens.live(user.id, Purpose.INVITATION, NOON) is None
        assert await work.tokens.find(b"token", NOON + HOUR) is None
        assert await work.tokens.live(user.id, Purpose.RESET, NOON + HOUR) is None


async def test_a_token_is_used_once(database, user):
    token = a_token(user)
    await offer(database, token)
    async with database.begin() as work:
        assert await work.tokens.use(b"token", NOON) == token
        assert await work.tokens.use(b"token", NOON) is None


async def test_a_token_that_has_ended_is_not_used(database, user):
    await offer(database, a_token(user))
    async with database.begin() as work:
        assert await work.tokens.use(b"token", NOON + HOUR) is None


async def test_there_is_one_token_for_each_purpose(database, user):
    invitation = a_token(user, b"invitation", Purpose.INVITATION)
    await offer(database, a_token(user), invitation, a_token(user, b"newer"))
    async with database.read() as work:
        assert await work.tokens.find(b"token", NOON) is None
        assert await work.tokens.find(b"newer", NOON)
        assert await work.tokens.find(b"invitation", NOON) == invitation


async def test_all_of_a_user_end(database, user):
    other = a_user("Otto")
    async with database.begin() as work:
        await work.users.add(other)
    invitation = a_token(user, b"invitation", Purpose.INVITATION)
    await offer(database, a_token(user), invitation, a_token(other, b"other"))
    async with database.begin() as work:
        await work.tokens.end_all(user.id)
        assert await work.tokens.find(b"token", NOON) is None
        assert await work.tokens.find(b"invitation", NOON) is None
        assert await work.tokens.find(b"other", NOON)
