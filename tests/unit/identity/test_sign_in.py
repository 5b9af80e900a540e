from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.memory.passwords import MemoryPasswordHasher
from portal_core.companies.portal import PortalSettings
from portal_core.errors import Invalid, Throttled
from portal_core.events import ActorKind
from portal_core.identity.events import (
    SignInRefused,
    UserSignedIn,
    UserSignedOut,
)
from portal_core.identity.permissions import MspRole
from portal_core.identity.policy import MSP_POLICY
from portal_core.identity.throttle import Attempts
from portal_core.identity.tokens import token_hash
from portal_core.identity.visitor import Visitor
from tests.examples import PASSWORD, a_user
from tests.people import NOON

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
    admitted = await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    session = database.tables.sessions[token_hash(admitted.token)]
    assert session.user_id == bea.id
    assert (session.created_at, session.seen_at) == (NOON, NOON)
    assert session.ends_at == NOON + timedelta(hours=24)
    assert (session.network, session.browser) == ("203.0.113.0/24", "a browser")


async def test_a_session_of_the_msps_people_is_shorter(sign_in, database, bea):
    database.tables.users[bea.id] = replace(bea, msp_role=MspRole.ADMINISTRATOR)
    database.tables.settings = PortalSettings(
        sign_in=replace(MSP_POLICY, second_factor=False)
    )
    admitted = await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    session = database.tables.sessions[token_hash(admitted.token)]
    assert session.ends_at == NOON + timedelta(hours=12)
    assert session.idle_minutes == 60


async def test_the_token_itself_is_not_kept(sign_in, database, bea):
    admitted = await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    assert len(admitted.token) >= 43
    assert admitted.token.encode() not in database.tables.sessions
    assert all(len(stored) == 32 for stored in database.tables.sessions)


async def test_each_sign_in_has_a_token_of_its_own(sign_in, bea):
    tokens = {(await sign_in.sign_in(HOME, EMAIL, PASSWORD)).token for _ in range(3)}
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
    admitted = await sign_in.sign_in(HOME, EMAIL, PASSWORD)
    await sign_in.sign_out(HOME, admitted.token)
    assert database.tables.sessions == {}
    [event] = facts(UserSignedOut)
    assert event.subject_id == bea.id


async def test_signing_out_twice_is_no_error(sign_in, facts):
    await sign_in.sign_out(HOME, "unknown")
    assert facts() == []
