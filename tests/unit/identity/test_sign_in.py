import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.memory.passwords import MemoryPasswordHasher
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound, Throttled
from portal_core.events import ActorKind
from portal_core.identity.events import (
    SignInRefused,
    UserCreated,
    UserSignedIn,
    UserSignedOut,
)
from portal_core.identity.permissions import MspRole
from portal_core.identity.sign_in import (
    SETUP_LIFETIME,
    SetupService,
    Visitor,
    token_hash,
)
from portal_core.identity.throttle import Attempts
from tests.examples import PASSWORD, a_user
from tests.people import MSP, NOON, SYSTEM

HOME = Visitor("203.0.113.7", "a browser", "req-1")
ELSEWHERE = Visitor("198.51.100.9")
EMAIL = "bea.buyer@example.com"


@pytest.fixture
async def bea(database, hasher):
    user = a_user("Bea Buyer")
    database.tables.users[user.id] = user
    database.tables.password_hashes[user.id] = await hasher.hash(PASSWORD)
    return user


async def refused(sign_in, visitor=HOME, email=EMAIL, times=1):
    for _ in range(times):
        with pytest.raises(Invalid) as refusal:
            await sign_in.sign_in(visitor, email, "a wrong password!")
    return refusal.value


async def test_who_knows_the_password_gets_a_session(sign_in, database, bea):
    token = await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    session = database.tables.sessions[token_hash(token)]
    assert session.user_id == bea.id
    assert (session.created_at, session.seen_at) == (NOON, NOON)
    assert session.ends_at == NOON + timedelta(hours=24)
    assert (session.network, session.browser) == ("203.0.113.0/24", "a browser")


async def test_a_session_of_the_msps_people_is_shorter(sign_in, database, bea):
    database.tables.users[bea.id] = replace(bea, msp_role=MspRole.ADMINISTRATOR)
    token = await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    session = database.tables.sessions[token_hash(token)]
    assert session.ends_at == NOON + timedelta(hours=12)


async def test_the_token_itself_is_not_kept(sign_in, database, bea):
    token = await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    assert len(token) >= 43
    assert token.encode() not in database.tables.sessions
    assert all(len(stored) == 32 for stored in database.tables.sessions)


async def test_each_sign_in_has_a_token_of_its_own(sign_in, bea):
    tokens = {await sign_in.sign_in(HOME, EMAIL, PASSWORD) for _ in range(3)}
    assert len(tokens) == 3


async def test_the_address_may_be_written_in_any_case(sign_in, bea):
    assert await sign_in.sign_in(HOME, f" {EMAIL.upper()} ", PASSWORD)


async def test_a_sign_in_is_recorded(sign_in, database, facts, bea):
    await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    [event] = facts()
    assert isinstance(event, UserSignedIn)
    assert (event.user_id, event.network) == (bea.id, "203.0.113.0/24")
    assert event.stamp.actor.id == bea.id
    assert event.stamp.request_id == "req-1"
    assert database.tables.users[bea.id].signed_in_at == NOON


async def test_unknown_disabled_and_wrong_look_the_same(sign_in, database, hasher, bea):
    gone = replace(a_user("Gone"), disabled=True)
    database.tables.users[gone.id] = gone
    database.tables.password_hashes[gone.id] = await hasher.hash("a wrong password!")
    bare = a_user("Bare")
    database.tables.users[bare.id] = bare
    answers = set()
    for email in (EMAIL, gone.email, bare.email, "unknown@example.com", "nonsense"):
        before = hasher.verified
        answer = await refused(sign_in, email=email)
        answers.add(
            (answer.message, answer.code, answer.problems, hasher.verified - before)
        )
    assert answers == {
        (answer.message, "refused", answer.problems, 1),
    }


async def test_a_refusal_is_recorded_without_a_name_for_unknown_mail(sign_in, facts, bea):
    await refused(sign_in)
    await refused(sign_in, email="unknown@example.com")
    known, unknown = facts(SignInRefused)
    assert (known.user_id, known.stamp.actor.name) == (bea.id, "Bea Buyer")
    assert (unknown.user_id, unknown.subject_id) == (None, None)
    assert unknown.stamp.actor.kind is ActorKind.SYSTEM


async def test_the_fourth_try_has_to_wait(sign_in, clock, bea):
    await refused(sign_in, times=3)
    with pytest.raises(Throttled) as refusal:
        await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    assert refusal.value.wait == timedelta(seconds=2)
    assert refusal.value.message == "Too many tries. Wait 3 seconds, then try again."
    clock.advance(timedelta(seconds=2))
    assert await sign_in.sign_in(HOME, EMAIL, PASSWORD)


async def test_a_long_wait_is_told_in_minutes(sign_in, clock, bea):
    for _ in range(9):
        await refused(sign_in)
        clock.advance(timedelta(minutes=3))
    await refused(sign_in)
    with pytest.raises(Throttled, match=r"Wait \d+ minutes"):
        await sign_in.sign_in(HOME, EMAIL, PASSWORD)


async def test_while_it_waits_the_password_is_not_looked_at(sign_in, hasher, bea):
    await refused(sign_in, times=3)
    before = hasher.verified
    with pytest.raises(Throttled):
        await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    assert hasher.verified == before


async def test_waiting_in_vain_makes_it_no_longer(sign_in, database, bea):
    await refused(sign_in, times=3)
    counted = dict(database.tables.attempts)
    with pytest.raises(Throttled):
        await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    assert database.tables.attempts == counted


async def test_a_stranger_does_not_delay_the_owner(sign_in, clock, bea):
    for _ in range(15):
        await refused(sign_in, ELSEWHERE)
        clock.advance(timedelta(minutes=15))
    await refused(sign_in, ELSEWHERE)
    with pytest.raises(Throttled):
        await sign_in.sign_in(ELSEWHERE, EMAIL, PASSWORD)
    assert await sign_in.sign_in(HOME, EMAIL, PASSWORD)


async def test_fifty_guesses_stop_a_network_whomever_they_are_for(sign_in, bea):
    for number in range(50):
        await refused(sign_in, email=f"u{number}@example.com")
    with pytest.raises(Throttled):
        await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    assert await sign_in.sign_in(ELSEWHERE, EMAIL, PASSWORD)


async def test_guesses_from_everywhere_cost_the_owner_seconds(sign_in, clock, bea):
    for number in range(100):
        await refused(sign_in, Visitor(f"198.51.{number}.1"))
    with pytest.raises(Throttled) as refusal:
        await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    assert refusal.value.wait <= timedelta(seconds=4)
    clock.advance(refusal.value.wait)
    assert await sign_in.sign_in(HOME, EMAIL, PASSWORD)


async def test_nonsense_is_counted_like_an_address(sign_in):
    await refused(sign_in, email="nonsense\udcff", times=3)
    with pytest.raises(Throttled):
        await sign_in.sign_in(HOME, "nonsense\udcff", PASSWORD)


async def test_a_success_wipes_the_owners_failures(sign_in, database, bea):
    await refused(sign_in, times=2)
    await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    counts = database.tables.attempts
    assert counts[f"account:{EMAIL}@203.0.113.0/24"] == Attempts()
    assert counts["network:203.0.113.0/24"].failures == 2
    assert counts[f"everywhere:{EMAIL}"].failures == 2


async def test_a_weak_hash_is_made_anew(sign_in, database, bea):
    weak = await MemoryPasswordHasher(cost=1).hash(PASSWORD)
    database.tables.password_hashes[bea.id] = weak
    await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    assert database.tables.password_hashes[bea.id].startswith("memory$2$")


async def test_a_wrong_password_makes_no_new_hash(sign_in, database, bea):
    weak = await MemoryPasswordHasher(cost=1).hash(PASSWORD)
    database.tables.password_hashes[bea.id] = weak
    await refused(sign_in)
    assert database.tables.password_hashes[bea.id] == weak


async def test_signing_out_ends_the_session(sign_in, database, facts, bea):
    token = await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    await sign_in.sign_out(HOME, token)
    assert database.tables.sessions == {}
    [event] = facts(UserSignedOut)
    assert event.subject_id == bea.id


async def test_signing_out_twice_is_no_error(sign_in, facts):
    await sign_in.sign_out(HOME, "unknown")
    assert facts() == []


ADMIN = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}


@pytest.fixture
async def token(setup):
    return await setup.offer(SYSTEM)


async def test_the_first_administrator_is_made_by_a_link(setup, database, facts, token):
    await setup.check(HOME, token)
    session_token = await setup.complete(HOME, token, **ADMIN)
    [user] = database.tables.users.values()
    assert (user.email, user.msp_role) == ("ada@example.com", MspRole.ADMINISTRATOR)
    assert database.tables.sessions[token_hash(session_token)].user_id == user.id
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
    assert [type(outcome) for outcome in outcomes] == [str, NotFound]
    assert len(database.tables.users) == 1


@pytest.mark.parametrize(
    "broken", [{"email": "ada"}, {"name": " "}, {"password": "too short"}]
)
async def test_broken_input_keeps_the_link(setup, token, broken):
    with pytest.raises(Invalid):
        await setup.complete(HOME, token, **(ADMIN | broken))
    await setup.check(HOME, token)


async def test_there_is_no_link_once_there_is_a_user(setup, bea):
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


async def test_of_two_administrators_at_once_one_is_first(database, clock, token):
    setup = SetupService(database=database, hasher=SlowHasher(database), clock=clock)
    with pytest.raises(Conflict):
        await setup.complete(HOME, token, **ADMIN)
    assert len(database.tables.users) == 1


async def test_only_the_installer_offers_the_link(setup):
    with pytest.raises(Forbidden):
        await setup.offer(MSP)
