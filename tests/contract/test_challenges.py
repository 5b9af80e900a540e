from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.identity.challenges import LIFETIME, TRIES, Challenge
from portal_core.identity.factors import Method
from tests.examples import a_user
from tests.people import NOON


@pytest.fixture
async def user(database):
    user = a_user()
    async with database.begin() as work:
        await work.users.add(user)
    return user


def a_challenge(user, token_hash=b"token"):
    return Challenge(
        token_hash=token_hash,
        user_id=user.id,
        method=Method.PASSWORD,
        created_at=NOON,
        ends_at=NOON + LIFETIME,
    )


@pytest.fixture
async def challenge(database, user):
    challenge = a_challenge(user)
    async with database.begin() as work:
        await work.challenges.add(challenge)
    return challenge


async def test_a_challenge_is_found_until_it_ends(database, challenge):
    async with database.read() as work:
        assert await work.challenges.find(b"token", NOON) == challenge
        assert await work.challenges.find(b"another", NOON) is None
        assert await work.challenges.find(b"token", NOON + LIFETIME) is None


async def test_tries_are_counted_and_run_out(database, challenge):
    for number in range(1, TRIES + 1):
        async with database.begin() as work:
            taken = await work.challenges.take_try(b"token", NOON)
        assert taken == replace(challenge, tries=number)
    async with database.begin() as work:
        assert await work.challenges.take_try(b"token", NOON) is None
        assert await work.challenges.find(b"token", NOON) is None


async def test_no_try_is_taken_of_what_has_ended(database, challenge):
    async with database.begin() as work:
        assert await work.challenges.take_try(b"token", NOON + LIFETIME) is None
        assert await work.challenges.take_try(b"another", NOON) is None


async def test_a_challenge_ends_once(database, challenge):
    async with database.begin() as work:
        assert await work.challenges.end(b"token")
        assert not await work.challenges.end(b"token")


async def test_all_of_a_user_end(database, user, challenge):
    other = a_user("Otto")
    async with database.begin() as work:
        await work.users.add(other)
        await work.challenges.add(a_challenge(other, b"other"))
        await work.challenges.end_all(user.id)
        assert await work.challenges.find(b"token", NOON) is None
        assert await work.challenges.find(b"other", NOON)


async def test_new_ones_sweep_away_what_has_ended(database, user, challenge):
    late = replace(a_challenge(user, b"late"), created_at=NOON + timedelta(days=1))
    async with database.begin() as work:
        await work.challenges.add(replace(late, ends_at=late.created_at + LIFETIME))
        assert await work.challenges.find(b"late", late.created_at)
