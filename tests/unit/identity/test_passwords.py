import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.memory.codes import MemoryKnownPasswords
from portal_core.errors import Invalid, NotFound, Throttled
from portal_core.events import ActorKind
from portal_core.identity.actor import Actor
from portal_core.identity.events import (
    InvitationAccepted,
    PasswordChanged,
    PasswordResetAsked,
)
from portal_core.identity.passwords import check_password
from portal_core.identity.tokens import OneTimeToken, Purpose, token_hash
from portal_core.identity.visitor import Visitor
from tests.examples import PASSWORD, a_browser, a_session, a_user
from tests.people import NOON

HOME = Visitor("203.0.113.7", "a browser", "req-1")
ANOTHER = "another short sentence"
NOTHING_KNOWN = MemoryKnownPasswords()


@pytest.fixture
async def bea(database, hasher):
    user = a_user("Bea Buyer")
    database.tables.users[user.id] = user
    database.tables.password_hashes[user.id] = await hasher.hash(PASSWORD)
    return user


@pytest.fixture
def herself(database, bea):
    session = a_session(bea)
    database.tables.sessions[session.token_hash] = session
    return Actor(
        kind=ActorKind.USER,
        id=bea.id,
        name=bea.name,
        permissions=frozenset(),
        session_id=session.id,
    )


@pytest.fixture
def link(database, bea):
    """Return the text of a link that was mailed to Bea."""

    def sent(purpose=Purpose.RESET):
        token, text = OneTimeToken.create(purpose, bea.id, NOON)
        database.tables.tokens[bea.id, purpose] = token
        return text

    return sent


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("fourteen chars", "too_short"),
        ("x" * 129, "too_long"),
        ("abababababababab", "too_easy"),
        ("LONG.NAME@EXAMPLE.COM", "too_easy"),
    ],
)
def test_a_password_that_is_unfit_is_refused(password, code):
    with pytest.raises(Invalid) as refusal:
        check_password(password, email="long.name@example.com", known=NOTHING_KNOWN)
    assert (refusal.value.code, refusal.value.problems[0].field) == (code, "password")


@pytest.mark.parametrize("password", ["fifteen letters", "a short sentence", "abcde" * 25])
def test_length_is_all_that_a_password_needs(password):
    check_password(password, email="bea@example.com", known=NOTHING_KNOWN)


def test_a_password_that_attackers_know_is_refused(known):
    with pytest.raises(Invalid) as refusal:
        check_password("Correct Horse Battery Staple", email="b@example.com", known=known)
    assert refusal.value.code == "leaked"


async def test_who_knows_the_password_changes_it(passwords, hasher, database, herself):
    await passwords.change(herself, HOME, current=PASSWORD, new=ANOTHER)
    assert await hasher.verify(database.tables.password_hashes[herself.id], ANOTHER)


async def test_a_change_ends_all_that_came_in_before(
    passwords, database, herself, bea, link
):
    elsewhere = a_session(bea, token_hash=b"elsewhere")
    database.tables.sessions[elsewhere.token_hash] = elsewhere
    browser = a_browser(bea, trusted_until=NOON + timedelta(days=9))
    database.tables.browsers[browser.id] = browser
    link()
    await passwords.change(herself, HOME, current=PASSWORD, new=ANOTHER)
    left = [session.id for session in database.tables.sessions.values()]
    assert left == [herself.session_id]
    assert database.tables.browsers[browser.id].trusted_until is None
    assert database.tables.tokens == {}


async def test_a_change_clears_the_demand_for_one(passwords, database, herself, bea):
    database.tables.users[bea.id] = replace(bea, must_change_password=True)
    await passwords.change(herself, HOME, current=PASSWORD, new=ANOTHER)
    assert not database.tables.users[bea.id].must_change_password


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("a wrong password!", ANOTHER, "current"),
        (PASSWORD, PASSWORD, "password"),
        (PASSWORD, "short", "password"),
    ],
)
async def test_a_change_that_is_refused_changes_nothing(
    passwords, database, facts, herself, current, new, field
):
    before = dict(database.tables.password_hashes)
    with pytest.raises(Invalid) as refusal:
        await passwords.change(herself, HOME, current=current, new=new)
    assert refusal.value.problems[0].field == field
    assert database.tables.password_hashes == before
    assert not facts(PasswordChanged)


async def test_guesses_at_the_current_password_have_to_wait(passwords, herself):
    for _ in range(3):
        with pytest.raises(Invalid):
            await passwords.change(herself, HOME, current="wrong", new=ANOTHER)
    with pytest.raises(Throttled):
        await passwords.change(herself, HOME, current=PASSWORD, new=ANOTHER)


async def test_forgetting_looks_the_same_for_everybody(passwords, database, facts, bea):
    gone = replace(a_user("Gone"), disabled=True)
    database.tables.users[gone.id] = gone
    for email in (bea.email, gone.email, "unknown@example.com", "nonsense"):
        assert await passwords.forgot(HOME, email) is None
    asked = [event.user_id for event in facts(PasswordResetAsked)]
    assert asked == [bea.id, None, None, None]


async def test_mails_to_one_address_have_to_wait(passwords, bea):
    for _ in range(3):
        await passwords.forgot(HOME, bea.email)
    with pytest.raises(Throttled):
        await passwords.forgot(HOME, f" {bea.email.upper()} ")


async def test_a_link_sets_the_password_and_ends_every_session(
    passwords, database, hasher, facts, herself, link
):
    await passwords.reset(HOME, link(), ANOTHER)
    assert await hasher.verify(database.tables.password_hashes[herself.id], ANOTHER)
    assert database.tables.sessions == {}
    assert facts(PasswordChanged)[0].how == "reset"


async def test_a_link_works_once(passwords, link):
    text = link()
    await passwords.reset(HOME, text, ANOTHER)
    with pytest.raises(NotFound):
        await passwords.reset(HOME, text, "yet another sentence")


async def test_of_fifty_uses_at_once_one_succeeds(passwords, facts, link):
    text = link()
    uses = (passwords.reset(HOME, text, f"{ANOTHER} {n}") for n in range(50))
    outcomes = await asyncio.gather(*uses, return_exceptions=True)
    assert [type(one) for one in outcomes].count(NotFound) == 49
    assert len(facts(PasswordChanged)) == 1


async def test_a_link_ends_after_half_an_hour(passwords, clock, link):
    text = link()
    clock.advance(timedelta(minutes=30))
    with pytest.raises(NotFound):
        await passwords.check(HOME, text, Purpose.RESET)


async def test_a_link_is_for_one_purpose(passwords, link):
    with pytest.raises(NotFound):
        await passwords.reset(HOME, link(Purpose.INVITATION), ANOTHER)
    with pytest.raises(NotFound):
        await passwords.accept(HOME, link(), name="Bea", password=ANOTHER)


async def test_a_link_of_somebody_disabled_opens_nothing(passwords, database, bea, link):
    database.tables.users[bea.id] = replace(bea, disabled=True)
    with pytest.raises(NotFound):
        await passwords.check(HOME, link(), Purpose.RESET)


@pytest.mark.parametrize("password", ["short", PASSWORD])
async def test_an_unfit_or_the_same_password_keeps_the_link(passwords, link, password):
    text = link()
    with pytest.raises(Invalid):
        await passwords.reset(HOME, text, password)
    await passwords.check(HOME, text, Purpose.RESET)


async def test_an_invitation_is_accepted(passwords, database, hasher, facts, bea, link):
    del database.tables.password_hashes[bea.id]
    text = link(Purpose.INVITATION)
    admitted = await passwords.accept(HOME, text, name=" Bea  B. ", password=ANOTHER)
    assert database.tables.users[bea.id].name == "Bea B."
    assert database.tables.sessions[token_hash(admitted.token)].user_id == bea.id
    assert await hasher.verify(database.tables.password_hashes[bea.id], ANOTHER)
    assert facts(InvitationAccepted)[0].user_id == bea.id


async def test_all_that_is_wrong_with_an_acceptance_is_told(passwords, link):
    text = link(Purpose.INVITATION)
    with pytest.raises(Invalid) as refusal:
        await passwords.accept(HOME, text, name=" ", password="short")
    assert [one.field for one in refusal.value.problems] == ["name", "password"]
    await passwords.check(HOME, text, Purpose.INVITATION)
