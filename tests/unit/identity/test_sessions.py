from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.errors import Forbidden, NotFound
from portal_core.identity.events import BrowserForgotten, SessionEnded, SessionsEnded
from tests.examples import a_browser, a_session, a_user
from tests.people import BUYER, MSP, NOON


@pytest.fixture
def bea(database):
    user = a_user("Bea Buyer")
    database.tables.users[user.id] = user
    return user


@pytest.fixture
def seat(database, bea):
    """Sign Bea in somewhere."""

    def opened(token_hash, *, seen_at=NOON):
        session = a_session(bea, token_hash=token_hash, ends_at=NOON + timedelta(days=1))
        session = replace(session, seen_at=seen_at)
        database.tables.sessions[token_hash] = session
        return session

    return opened


@pytest.fixture
def here(seat):
    return seat(b"here")


@pytest.fixture
def herself(bea, here):
    return replace(BUYER, id=bea.id, session_id=here.id)


async def test_one_sees_where_one_is_signed_in(sessions, database, herself, bea, seat):
    elsewhere = seat(b"elsewhere", seen_at=NOON + timedelta(seconds=9))
    seat(b"forgotten", seen_at=NOON - timedelta(hours=9))
    browser = a_browser(bea)
    database.tables.browsers[browser.id] = browser
    seats = await sessions.own(herself)
    assert [one.id for one in seats.sessions] == [elsewhere.id, herself.session_id]
    assert list(seats.browsers) == [browser]


async def test_a_session_elsewhere_is_ended(sessions, database, facts, herself, seat):
    elsewhere = seat(b"elsewhere")
    await sessions.end(herself, elsewhere.id)
    assert list(database.tables.sessions) == [b"here"]
    assert facts(SessionEnded)[0].session_id == elsewhere.id
    with pytest.raises(NotFound):
        await sessions.end(herself, elsewhere.id)


async def test_nobody_ends_a_session_of_somebody_else(sessions, database, herself):
    other = a_session(a_user("Otto"), token_hash=b"other")
    database.tables.sessions[b"other"] = other
    with pytest.raises(NotFound):
        await sessions.end(herself, other.id)
    assert b"other" in database.tables.sessions


async def test_all_others_are_ended_at_once(sessions, database, facts, herself, seat):
    seat(b"one")
    seat(b"two")
    assert await sessions.end_others(herself) == 2
    assert list(database.tables.sessions) == [b"here"]
    assert facts(SessionsEnded)[0].sessions == 2
    assert await sessions.end_others(herself) == 0
    assert len(facts(SessionsEnded)) == 1


async def test_an_administrator_does_so_for_others(sessions, database, bea, here, seat):
    two = seat(b"two")
    seats = await sessions.of_user(MSP, bea.id)
    assert {one.id for one in seats.sessions} == {here.id, two.id}
    await sessions.end_of_user(MSP, bea.id, two.id)
    assert await sessions.end_all_of_user(MSP, bea.id) == 1
    assert database.tables.sessions == {}


async def test_a_browser_is_forgotten(sessions, database, facts, herself, bea):
    browser = a_browser(bea)
    database.tables.browsers[browser.id] = browser
    await sessions.forget(herself, browser.id)
    assert database.tables.browsers == {}
    assert facts(BrowserForgotten)[0].browser_id == browser.id
    with pytest.raises(NotFound):
        await sessions.forget(herself, browser.id)


async def test_clients_see_no_sessions_of_others(sessions, herself, bea, here):
    for action in (
        sessions.of_user(herself, bea.id),
        sessions.end_of_user(herself, bea.id, here.id),
        sessions.end_all_of_user(herself, bea.id),
    ):
        with pytest.raises(Forbidden):
            await action
