import asyncio

import pytest

from adapters.memory.passwords import MemoryPasswordHasher
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.identity.events import UserCreated, UserSignedIn
from portal_core.identity.permissions import MspRole
from portal_core.identity.sessions import Admitted
from portal_core.identity.setup import SETUP_LIFETIME, SetupService
from portal_core.identity.tokens import token_hash
from portal_core.identity.visitor import Visitor
from tests.examples import PASSWORD, a_user
from tests.people import MSP, SYSTEM

HOME = Visitor("203.0.113.7", "a browser", "req-1")
ADMIN = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}


@pytest.fixture
async def token(setup):
    return await setup.offer(SYSTEM)


async def test_the_first_administrator_is_made_by_a_link(setup, database, facts, token):
    await setup.check(HOME, token)
    admitted = await setup.complete(HOME, token, **ADMIN)
    [user] = database.tables.users.values()
    assert (user.email, user.msp_role) == ("ada@example.com", MspRole.ADMINISTRATOR)
    assert database.tables.sessions[token_hash(admitted.token)].user_id == user.id
    created, signed_in = facts()
    assert isinstance(created, UserCreated)
    assert isinstance(signed_in, UserSignedIn)


async def test_the_link_works_once(setup, token):
    await setup.complete(HOME, token, **ADMIN)
    with pytest.raises(NotFound):
        await setup.check(HOME, token)
    with pytest.raises(NotFound):
        await setup.complete(HOME, token, **ADMIN)


async def test_a_guessed_link_opens_nothing(setup, token):
    with pytest.raises(NotFound):
        await setup.check(HOME, "guess")


async def test_the_link_ends_after_a_day(setup, clock, token):
    clock.advance(SETUP_LIFETIME)
    with pytest.raises(NotFound):
        await setup.complete(HOME, token, **ADMIN)


async def test_a_new_link_replaces_the_one_before(setup, token):
    newer = await setup.offer(SYSTEM)
    with pytest.raises(NotFound):
        await setup.check(HOME, token)
    await setup.check(HOME, newer)


async def test_of_two_who_follow_the_link_at_once_one_is_first(setup, database, token):
    outcomes = await asyncio.gather(
        *(setup.complete(HOME, token, **ADMIN) for _ in range(2)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [Admitted, NotFound]
    assert len(database.tables.users) == 1


@pytest.mark.parametrize(
    "broken", [{"email": "ada"}, {"name": " "}, {"password": "too short"}]
)
async def test_broken_input_keeps_the_link(setup, token, broken):
    with pytest.raises(Invalid):
        await setup.complete(HOME, token, **(ADMIN | broken))
    await setup.check(HOME, token)


async def test_there_is_no_link_once_there_is_a_user(setup, database):
    user = a_user()
    database.tables.users[user.id] = user
    assert await setup.offer(SYSTEM) is None


async def test_a_link_from_before_is_dead_once_there_is_a_user(setup, database, token):
    user = a_user()
    database.tables.users[user.id] = user
    with pytest.raises(NotFound):
        await setup.check(HOME, token)


class SlowHasher(MemoryPasswordHasher):
    """Is so slow that somebody else comes first."""

    def __init__(self, database):
        super().__init__()
        self.database = database

    async def hash(self, password):
        other = a_user()
        self.database.tables.users[other.id] = other
        return await super().hash(password)


async def test_of_two_administrators_at_once_one_is_first(database, known, clock, token):
    hasher = SlowHasher(database)
    setup = SetupService(database=database, hasher=hasher, known=known, clock=clock)
    with pytest.raises(Conflict):
        await setup.complete(HOME, token, **ADMIN)
    assert len(database.tables.users) == 1


async def test_only_the_installer_offers_the_link(setup):
    with pytest.raises(Forbidden):
        await setup.offer(MSP)
