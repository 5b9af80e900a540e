import pytest
from msgspec.structs import replace

from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.identity.events import (
    InvitationRevoked,
    PasswordChanged,
    UserCreated,
    UserDisabled,
    UserEnabled,
    UserInvited,
    UserUpdated,
)
from portal_core.identity.permissions import MspRole
from portal_core.identity.tokens import OneTimeToken, Purpose
from portal_core.identity.users import Invitation
from portal_core.ids import UserId, new_id
from portal_core.paging import Window
from tests.examples import PASSWORD, a_session, a_user
from tests.people import ADMINISTRATOR, BUYER, MSP, MSP_ID, NOON

BEA = {"email": "Bea@Example.com", "name": " Bea  Buyer ", "password": PASSWORD}


@pytest.fixture
async def bea(users):
    return await users.create(MSP, **BEA)


async def test_a_user_is_added_with_a_password(users, database, hasher, facts):
    bea = await users.create(MSP, **BEA)
    assert database.tables.users[bea.id] == bea
    assert (bea.email, bea.name, bea.created_at) == ("bea@example.com", "Bea Buyer", NOON)
    assert await hasher.verify(database.tables.password_hashes[bea.id], PASSWORD)
    [event] = facts(UserCreated)
    assert (event.user_id, event.email, event.msp_role) == (bea.id, bea.email, None)


async def test_an_address_is_taken_once(users, bea):
    with pytest.raises(Invalid) as refusal:
        await users.create(MSP, **BEA)
    assert refusal.value.problems[0].field == "email"
    assert refusal.value.code == "taken"


@pytest.mark.parametrize("broken", [{"email": "b"}, {"name": ""}, {"password": "short"}])
async def test_broken_input_adds_nobody(users, database, facts, broken):
    with pytest.raises(Invalid):
        await users.create(MSP, **(BEA | broken))
    assert (database.tables.users, facts()) == ({}, [])


async def test_all_that_is_wrong_with_a_newcomer_is_told_at_once(users):
    with pytest.raises(Invalid) as refusal:
        await users.create(MSP, name=" ", email="bea", password="short")
    fields = [problem.field for problem in refusal.value.problems]
    assert fields == ["name", "email", "password"]


async def test_a_user_is_found(users, bea):
    assert await users.get(MSP, bea.id) == bea
    page = await users.page(MSP, "buyer", Window())
    assert page.items == (bea,)


async def test_somebody_who_is_not_there_is_not_found(users):
    with pytest.raises(NotFound):
        await users.get(MSP, UserId(new_id()))


async def test_a_user_is_changed(users, database, facts, bea):
    changed = await users.edit(MSP, bea.id, name="B.", email="B@example.com", version=1)
    assert (changed.name, changed.email, changed.version) == ("B.", "b@example.com", 2)
    assert database.tables.users[bea.id] == changed
    [event] = facts(UserUpdated)
    assert event.changed == ("name", "email")


async def test_only_what_changed_is_told(users, facts, bea):
    await users.edit(MSP, bea.id, name="B.", email=bea.email, version=1)
    assert facts(UserUpdated)[0].changed == ("name",)


async def test_who_was_slower_conflicts(users, bea):
    await users.edit(MSP, bea.id, name="First", email=bea.email, version=1)
    with pytest.raises(Conflict):
        await users.edit(MSP, bea.id, name="Second", email=bea.email, version=1)


async def test_nobody_changes_to_an_address_that_is_taken(users, bea):
    otto = await users.create(MSP, **(BEA | {"email": "otto@example.com"}))
    with pytest.raises(Invalid) as refusal:
        await users.edit(MSP, otto.id, name="Otto", email="BEA@example.com", version=1)
    assert refusal.value.code == "taken"


async def test_a_user_changes_their_own_name(users, database, facts, bea):
    actor = replace(BUYER, id=bea.id)
    changed = await users.rename_oneself(actor, " B.  Buyer ")
    assert database.tables.users[bea.id] == changed
    assert (changed.name, changed.version) == ("B. Buyer", 2)
    assert facts(UserUpdated)[0].changed == ("name",)


async def test_the_same_name_again_is_no_news(users, facts, bea):
    await users.rename_oneself(replace(BUYER, id=bea.id), "Bea Buyer")
    assert facts(UserUpdated) == []


async def test_a_disabled_user_loses_every_session(users, database, facts, bea):
    database.tables.sessions[b"token"] = a_session(bea)
    await users.disable(MSP, bea.id)
    assert database.tables.users[bea.id].disabled
    assert database.tables.sessions == {}
    assert facts(UserDisabled)


async def test_a_user_is_enabled_again(users, database, facts, bea):
    await users.disable(MSP, bea.id)
    await users.enable(MSP, bea.id)
    assert not database.tables.users[bea.id].disabled
    assert facts(UserEnabled)


async def test_nobody_disables_themselves(users):
    with pytest.raises(Conflict, match="yourself"):
        await users.disable(MSP, MSP_ID)


async def test_the_last_administrator_stays(users, database):
    role = MspRole.ADMINISTRATOR
    last, other = a_user("Last", msp_role=role), a_user("Other", msp_role=role)
    database.tables.users[last.id] = last
    with pytest.raises(Conflict, match="last MSP administrator"):
        await users.disable(MSP, last.id)
    database.tables.users[other.id] = replace(other, disabled=True)
    with pytest.raises(Conflict):
        await users.disable(MSP, last.id)
    database.tables.users[other.id] = other
    await users.disable(MSP, last.id)


async def test_another_password_ends_every_session(users, database, hasher, facts, bea):
    database.tables.sessions[b"token"] = a_session(bea)
    await users.set_password(MSP, bea.id, "another short sentence")
    stored = database.tables.password_hashes[bea.id]
    assert await hasher.verify(stored, "another short sentence")
    assert database.tables.sessions == {}
    assert facts(PasswordChanged)[0].how == "set"
    assert database.tables.users[bea.id].must_change_password


async def test_a_password_that_is_unfit_changes_nothing(users, database, bea):
    before = dict(database.tables.password_hashes)
    with pytest.raises(Invalid):
        await users.set_password(MSP, bea.id, "short")
    assert database.tables.password_hashes == before


async def test_only_the_msp_manages_users(users, bea):
    calls = [
        users.page(ADMINISTRATOR, "", Window()),
        users.get(ADMINISTRATOR, bea.id),
        users.create(ADMINISTRATOR, **BEA),
        users.edit(ADMINISTRATOR, bea.id, name="x", email="x@example.com", version=1),
        users.disable(ADMINISTRATOR, bea.id),
        users.enable(ADMINISTRATOR, bea.id),
        users.set_password(ADMINISTRATOR, bea.id, PASSWORD),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call


async def test_without_a_password_somebody_is_invited(users, database, facts):
    ann = await users.create(MSP, email="ann@example.com", name="Ann")
    assert ann.id not in database.tables.password_hashes
    assert await users.invitation(MSP, ann.id) == Invitation(open=True, ends_at=None)
    await users.invite(MSP, ann.id)
    assert [event.user_id for event in facts(UserInvited)] == [ann.id, ann.id]


async def test_an_invitation_is_revoked(users, database, facts):
    ann = await users.create(MSP, email="ann@example.com", name="Ann")
    token, _ = OneTimeToken.create(Purpose.INVITATION, ann.id, NOON)
    async with database.begin() as work:
        await work.tokens.offer(token)
    assert (await users.invitation(MSP, ann.id)).ends_at == token.ends_at
    await users.revoke_invitation(MSP, ann.id)
    assert (await users.invitation(MSP, ann.id)).ends_at is None
    assert [event.user_id for event in facts(InvitationRevoked)] == [ann.id]
    with pytest.raises(Conflict):
        await users.revoke_invitation(MSP, ann.id)


async def test_who_has_a_password_or_is_disabled_is_not_invited(users, bea):
    ann = await users.create(MSP, email="ann@example.com", name="Ann")
    await users.disable(MSP, ann.id)
    for user in (bea, ann):
        with pytest.raises(Conflict, match="needs no invitation"):
            await users.invite(MSP, user.id)
