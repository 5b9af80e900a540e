from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.companies.access import Visit
from portal_core.errors import Forbidden, NotFound
from portal_core.events import ActorKind
from portal_core.identity.api_keys import LOOKUP_LENGTH, new_key_text
from portal_core.identity.events import ApiKeyRefused
from portal_core.identity.permissions import (
    MSP_ROLES,
    ROLES,
    TECHNICIAN,
    MspRole,
    Permission,
    Role,
)
from portal_core.identity.tokens import token_hash
from portal_core.identity.visitor import Visitor
from tests.examples import a_company, a_grant, a_membership, a_session, a_user
from tests.people import MSP, NOON

HOME = Visitor("203.0.113.7", request_id="req-1")
TOKEN = "a token"
SCOPE = "orders:read"


@pytest.fixture
def harbour(database):
    return stored_company(database, "Harbour")


@pytest.fixture
def orchard(database):
    return stored_company(database, "Orchard")


def stored_company(database, name):
    company = a_company(name)
    database.tables.companies[company.id] = company
    return company


@pytest.fixture
def bea(database, harbour):
    """A buyer of Harbour with a session."""
    bea = signed_in(database, a_user("Bea"))
    belongs(database, bea, harbour, Role.BUYER)
    return bea


@pytest.fixture
def mia(database):
    """An administrator of the MSP with a session."""
    return signed_in(database, a_user("Mia", msp_role=MspRole.ADMINISTRATOR))


def signed_in(database, user):
    session = a_session(
        user, token_hash=token_hash(TOKEN), ends_at=NOON + timedelta(days=1)
    )
    database.tables.users[user.id] = user
    database.tables.sessions[session.token_hash] = session
    return user


def belongs(database, user, company, role):
    key = (company.id, user.id)
    database.tables.memberships[key] = a_membership(company, user, role)


async def test_a_member_enters_with_the_rights_of_their_role(access, bea, harbour):
    visit = await access.enter(HOME, TOKEN, "harbour")
    assert (visit.user, visit.company) == (bea, harbour)
    assert visit.actor.kind is ActorKind.USER
    assert visit.actor.permissions == ROLES[Role.BUYER]
    assert (visit.actor.company_id, visit.actor.request_id) == (harbour.id, "req-1")


async def test_outside_of_companies_a_member_has_no_rights(access, bea):
    visit = await access.enter(HOME, TOKEN, None)
    assert (visit.company, visit.actor.permissions) == (None, frozenset())


async def test_a_foreign_company_looks_like_one_that_is_not_there(access, bea, orchard):
    messages = set()
    for slug in ("orchard", "nowhere"):
        with pytest.raises(NotFound) as refusal:
            await access.enter(HOME, TOKEN, slug)
        messages.add((refusal.value.message, refusal.value.code))
    assert len(messages) == 1


async def test_a_membership_that_was_taken_away_is_gone_at_once(
    access, database, bea, harbour
):
    await access.enter(HOME, TOKEN, "harbour")
    del database.tables.memberships[harbour.id, bea.id]
    with pytest.raises(NotFound):
        await access.enter(HOME, TOKEN, "harbour")


async def test_a_role_that_was_changed_counts_at_once(access, database, bea, harbour):
    belongs(database, bea, harbour, Role.MEMBER)
    visit = await access.enter(HOME, TOKEN, "harbour")
    assert visit.actor.permissions == ROLES[Role.MEMBER]


async def test_the_msp_enters_every_company(access, database, mia, harbour):
    with pytest.raises(Forbidden, match="asks for a second factor"):
        await access.enter(HOME, TOKEN, "harbour")
    [session] = database.tables.sessions.values()
    shown = replace(session, second_factor=True)
    database.tables.sessions[session.token_hash] = shown
    visit = await access.enter(HOME, TOKEN, "harbour")
    assert visit.actor.permissions == MSP_ROLES[MspRole.ADMINISTRATOR]
    assert visit.actor.company_id == harbour.id


@pytest.mark.parametrize("slug", [None, "harbour"])
async def test_an_unknown_token_opens_nothing(access, bea, slug):
    assert await access.enter(HOME, "a guess", slug) is None


async def test_a_disabled_user_is_out_at_once(access, database, bea):
    database.tables.users[bea.id] = replace(bea, disabled=True)
    assert await access.enter(HOME, TOKEN, "harbour") is None


async def test_a_dead_session_opens_nothing(access, clock, bea):
    clock.advance(timedelta(hours=8))
    assert await access.enter(HOME, TOKEN, "harbour") is None


async def test_a_session_lives_on_while_it_is_used(access, clock, bea):
    for _ in range(3):
        clock.advance(timedelta(hours=7))
        assert await access.enter(HOME, TOKEN, "harbour")
    clock.advance(timedelta(hours=4))
    assert await access.enter(HOME, TOKEN, "harbour") is None


async def test_its_last_use_is_noted_once_a_minute(access, database, clock, bea):
    for seconds, noted in ((59, 0), (1, 60), (59, 60)):
        clock.advance(timedelta(seconds=seconds))
        await access.enter(HOME, TOKEN, "harbour")
        [session] = database.tables.sessions.values()
        assert session.seen_at == NOON + timedelta(seconds=noted)


@pytest.fixture
def issue(api_keys):
    """Issue a key, and return it with its text."""

    async def issue(*scopes, company=None, **others):
        company_id = company.id if company else None
        return await api_keys.create(
            MSP, name="Warehouse", scopes=scopes, company_id=company_id, **others
        )

    return issue


async def test_a_key_acts_with_the_rights_of_its_scopes(access, issue, harbour):
    key, text = await issue("orders:read", company=harbour)
    visit = await access.enter_by_key(HOME, text, "harbour", scope=SCOPE)
    assert visit == Visit(visit.actor, None, harbour)
    assert (visit.actor.kind, visit.actor.id) == (ActorKind.KEY, key.id)
    assert visit.actor.permissions == {Permission.SEE_ORDERS}
    assert visit.actor.company_id == harbour.id
    assert await access.enter_by_key(HOME, text, str(harbour.id), scope=SCOPE) == visit


async def test_a_key_of_a_company_has_no_rights_across(access, issue, harbour):
    _, text = await issue("orders:admin", "products:write", company=harbour)
    visit = await access.enter_by_key(HOME, text, "harbour", scope=SCOPE)
    assert visit.actor.permissions == {Permission.SEE_ORDERS, Permission.SHOP}
    assert not visit.actor.is_msp


async def test_a_key_for_another_company_finds_none(access, issue, harbour, orchard, facts):
    """Every time, that is recorded."""
    key, text = await issue("orders:read", company=orchard)
    asked = ("harbour", str(harbour.id), "nowhere")
    for company in asked:
        with pytest.raises(NotFound):
            await access.enter_by_key(HOME, text, company, scope=SCOPE)
    events = facts(ApiKeyRefused)
    assert [(event.key_id, event.company) for event in events] == [
        (key.id, company) for company in asked
    ]


@pytest.mark.parametrize(
    ("scope", "needed", "opened"),
    [
        ("orders:read", "orders:write", False),
        ("orders:read", "products:read", False),
        ("endpoints:read", "endpoints:write", False),
        ("orders:write", "orders:read", True),
        ("orders:admin", "orders:read", True),
    ],
)
async def test_a_key_opens_what_its_scope_is_for(access, issue, scope, needed, opened):
    _, text = await issue(scope)
    if opened:
        assert await access.enter_by_key(HOME, text, None, scope=needed)
        return
    with pytest.raises(Forbidden, match=needed):
        await access.enter_by_key(HOME, text, None, scope=needed)


async def test_a_technician_enters_where_a_grant_lets_them(
    access, database, harbour, orchard, clock
):
    tess = signed_in(database, a_user("Tess", msp_role=MspRole.TECHNICIAN))
    [session] = database.tables.sessions.values()
    database.tables.sessions[session.token_hash] = replace(session, second_factor=True)
    database.tables.grants[harbour.id, tess.id] = a_grant(harbour, tess)
    visit = await access.enter(HOME, TOKEN, "harbour")
    assert visit.actor.permissions == TECHNICIAN
    assert not visit.actor.is_msp
    with pytest.raises(NotFound):
        await access.enter(HOME, TOKEN, "orchard")
    with pytest.raises(NotFound):
        (await access.enter(HOME, TOKEN, None)).require_msp(HOME.address)
    database.tables.grants[harbour.id, tess.id] = a_grant(harbour, tess, days=0)
    with pytest.raises(NotFound):
        await access.enter(HOME, TOKEN, "harbour")


async def test_the_msp_lets_in_who_signed_in_by_enough(access, database, mia):
    visit = await access.enter(HOME, TOKEN, None)
    with pytest.raises(Forbidden, match="asks for a second factor"):
        visit.require_msp(HOME.address)
    [session] = database.tables.sessions.values()
    database.tables.sessions[session.token_hash] = replace(session, second_factor=True)
    (await access.enter(HOME, TOKEN, None)).require_msp(HOME.address)


async def test_a_key_for_all_companies_enters_each(access, issue, harbour, orchard):
    _, text = await issue("orders:admin")
    for company in (harbour, orchard):
        visit = await access.enter_by_key(HOME, text, company.slug, scope=SCOPE)
        assert visit.actor.company_id == company.id
    nowhere = await access.enter_by_key(HOME, text, None, scope=SCOPE)
    assert nowhere.actor.company_id is None


@pytest.mark.parametrize("text", ["", "pts_short", "pts_" + "0" * 46])
async def test_what_is_no_key_opens_nothing(access, text):
    assert await access.enter_by_key(HOME, text, None, scope=SCOPE) is None


async def test_a_key_that_was_never_issued_opens_nothing(access, database, issue):
    key, text = await issue("orders:read")
    del database.tables.keys[key.id]
    assert await access.enter_by_key(HOME, text, None, scope=SCOPE) is None


async def test_the_beginning_of_a_key_is_not_enough(access, database, issue):
    key, _ = await issue("orders:read")
    forged = new_key_text()
    database.tables.keys[key.id] = replace(key, lookup=forged[:LOOKUP_LENGTH])
    assert await access.enter_by_key(HOME, forged, None, scope=SCOPE) is None


async def test_a_revoked_key_opens_nothing(access, api_keys, issue):
    key, text = await issue("orders:read")
    await api_keys.revoke(MSP, key.id)
    assert await access.enter_by_key(HOME, text, None, scope=SCOPE) is None


async def test_an_expired_key_opens_nothing(access, clock, issue):
    _, text = await issue("orders:read")
    clock.advance(timedelta(days=90))
    assert await access.enter_by_key(HOME, text, None, scope=SCOPE) is None


async def test_a_key_is_bound_to_its_networks(access, issue):
    _, text = await issue("orders:read", networks=["198.51.100.0/24"])
    assert await access.enter_by_key(HOME, text, None, scope=SCOPE) is None
    assert await access.enter_by_key(Visitor("198.51.100.9"), text, None, scope=SCOPE)


async def test_an_archived_company_is_there_for_the_msp_alone(
    access, database, bea, mia, harbour, issue
):
    gone = replace(harbour, archived_at=NOON, archive_reason="left us")
    database.tables.companies[harbour.id] = gone
    own, everywhere = await issue(SCOPE, company=harbour), await issue("orders:admin")
    with pytest.raises(NotFound):
        await access.enter_by_key(HOME, own[1], "harbour", scope=SCOPE)
    visit = await access.enter_by_key(HOME, everywhere[1], "harbour", scope=SCOPE)
    assert visit.actor.permissions == {Permission.SEE_ORDERS, Permission.FULFIL_ORDERS}
    session = database.tables.sessions[token_hash(TOKEN)]
    for user, there in ((bea, False), (mia, True)):
        whose = replace(session, user_id=user.id, second_factor=True)
        database.tables.sessions[session.token_hash] = whose
        if there:
            visit = await access.enter(HOME, TOKEN, "harbour")
            assert not visit.actor.may(Permission.PLACE_ORDERS)
        else:
            with pytest.raises(NotFound):
                await access.enter(HOME, TOKEN, "harbour")
