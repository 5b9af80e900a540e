from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.companies.events import (
    MembershipGranted,
    MembershipRefused,
    MembershipRevoked,
)
from portal_core.companies.model import Assignment
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.identity.permissions import ROLES, Permission, Role
from portal_core.ids import CompanyId, UserId, new_id
from tests.examples import a_browser, a_company, a_membership, a_role, a_user
from tests.people import ADMINISTRATOR_ID, BUYER, MSP, NOON, member


@pytest.fixture
def harbour(database):
    company = a_company("Harbour")
    database.tables.companies[company.id] = company
    return company


@pytest.fixture
def bea(database):
    user = a_user("Bea")
    database.tables.users[user.id] = user
    return user


@pytest.fixture
def administrator(harbour):
    """An administrator of Harbour, signed in."""
    return member(ADMINISTRATOR_ID, "Ada", Role.ADMINISTRATOR, harbour.id)


def belongs(database, company, user, role):
    key = (company.id, user.id)
    database.tables.memberships[key] = a_membership(company, user, role)


def role_of(database, company, user):
    membership = database.tables.memberships.get((company.id, user.id))
    return membership.role if membership else None


async def test_the_msp_makes_somebody_a_member(memberships, database, facts, harbour, bea):
    await memberships.grant(MSP, harbour.id, bea.id, Role.BUYER)
    assert database.tables.memberships[harbour.id, bea.id].since == NOON
    assert role_of(database, harbour, bea) is Role.BUYER
    [event] = facts(MembershipGranted)
    assert (event.role, event.previous_role) == (Role.BUYER, None)
    assert event.stamp.company_id == harbour.id


async def test_somebody_is_welcomed_by_their_address(memberships, database, harbour, bea):
    await memberships.welcome(MSP, harbour.id, f" {bea.email.upper()} ", Role.BUYER)
    assert role_of(database, harbour, bea) is Role.BUYER
    for email in (bea.email, "nobody@example.com", "nonsense"):
        with pytest.raises(Invalid) as refusal:
            await memberships.welcome(MSP, harbour.id, email, Role.MEMBER)
        assert refusal.value.problems[0].field == "email"
    assert role_of(database, harbour, bea) is Role.BUYER


async def test_only_the_msp_welcomes_strangers(memberships, harbour, bea, administrator):
    with pytest.raises(Forbidden):
        await memberships.welcome(administrator, harbour.id, bea.email, Role.MEMBER)


async def test_another_role_replaces_the_one_before(
    memberships, database, facts, harbour, bea
):
    belongs(database, harbour, bea, Role.BUYER)
    await memberships.grant(MSP, harbour.id, bea.id, Role.MEMBER)
    assert role_of(database, harbour, bea) is Role.MEMBER
    [event] = facts(MembershipGranted)
    assert event.previous_role is Role.BUYER


async def test_the_same_role_again_is_no_news(memberships, database, facts, harbour, bea):
    belongs(database, harbour, bea, Role.BUYER)
    await memberships.grant(MSP, harbour.id, bea.id, Role.BUYER)
    assert facts() == []


@pytest.mark.parametrize("missing", ["company", "user"])
async def test_what_is_not_there_is_not_found(memberships, harbour, bea, missing):
    company_id = harbour.id if missing == "user" else CompanyId(new_id())
    user_id = bea.id if missing == "company" else UserId(new_id())
    with pytest.raises(NotFound):
        await memberships.grant(MSP, company_id, user_id, Role.MEMBER)


async def test_an_administrator_changes_roles_in_their_company(
    memberships, database, administrator, harbour, bea
):
    belongs(database, harbour, bea, Role.MEMBER)
    await memberships.grant(administrator, harbour.id, bea.id, Role.BUYER)
    assert role_of(database, harbour, bea) is Role.BUYER


async def test_an_administrator_adds_no_stranger(
    memberships, database, administrator, harbour, bea
):
    with pytest.raises(Forbidden):
        await memberships.grant(administrator, harbour.id, bea.id, Role.BUYER)
    assert role_of(database, harbour, bea) is None


async def test_nobody_gives_more_than_they_hold(
    memberships, database, administrator, harbour, bea
):
    belongs(database, harbour, bea, Role.MEMBER)
    manager = frozenset({Permission.MANAGE_MEMBERS, Permission.SEE_COMPANY})
    lesser = replace(BUYER.within(harbour.id), permissions=manager)
    with pytest.raises(Forbidden, match="You can't give"):
        await memberships.grant(lesser, harbour.id, bea.id, Role.BUYER)


async def test_nobody_takes_a_role_above_their_own(memberships, database, harbour, bea):
    belongs(database, harbour, bea, Role.ADMINISTRATOR)
    manager = frozenset({Permission.MANAGE_MEMBERS, Permission.SEE_COMPANY})
    lesser = replace(BUYER.within(harbour.id), permissions=manager)
    with pytest.raises(Forbidden, match="They may do more than you"):
        await memberships.revoke(lesser, harbour.id, bea.id)


async def test_another_company_is_not_found(memberships, database, administrator, bea):
    orchard = a_company("Orchard")
    database.tables.companies[orchard.id] = orchard
    belongs(database, orchard, bea, Role.MEMBER)
    calls = [
        memberships.of_company(administrator, orchard.id),
        memberships.grant(administrator, orchard.id, bea.id, Role.BUYER),
        memberships.revoke(administrator, orchard.id, bea.id),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            await call


async def test_a_membership_is_taken_away(memberships, database, facts, harbour, bea):
    belongs(database, harbour, bea, Role.BUYER)
    await memberships.revoke(MSP, harbour.id, bea.id)
    assert role_of(database, harbour, bea) is None
    [event] = facts(MembershipRevoked)
    assert (event.role, event.user_id) == (Role.BUYER, bea.id)


async def test_what_nobody_has_cannot_be_taken(memberships, harbour, bea):
    with pytest.raises(NotFound):
        await memberships.revoke(MSP, harbour.id, bea.id)


async def test_a_company_keeps_an_administrator(
    memberships, database, administrator, harbour, bea
):
    belongs(database, harbour, bea, Role.ADMINISTRATOR)
    with pytest.raises(Conflict, match="last administrator"):
        await memberships.revoke(administrator, harbour.id, bea.id)
    with pytest.raises(Conflict, match="last administrator"):
        await memberships.grant(administrator, harbour.id, bea.id, Role.MEMBER)
    otto = a_user("Otto")
    database.tables.users[otto.id] = otto
    belongs(database, harbour, otto, Role.ADMINISTRATOR)
    await memberships.revoke(administrator, harbour.id, bea.id)


async def test_the_msp_may_leave_a_company_without_one(memberships, database, harbour, bea):
    belongs(database, harbour, bea, Role.ADMINISTRATOR)
    await memberships.revoke(MSP, harbour.id, bea.id)
    assert role_of(database, harbour, bea) is None


async def test_members_are_listed(memberships, database, administrator, harbour, bea):
    belongs(database, harbour, bea, Role.BUYER)
    [listed] = await memberships.of_company(administrator, harbour.id)
    assert (listed.user_name, listed.role) == ("Bea", Role.BUYER)
    assert list(await memberships.of_user(MSP, bea.id)) == [listed]


async def test_a_buyer_manages_nobody(memberships, database, harbour, bea):
    buyer = BUYER.within(harbour.id)
    calls = [
        memberships.of_company(buyer, harbour.id),
        memberships.of_user(buyer, bea.id),
        memberships.grant(buyer, harbour.id, bea.id, Role.MEMBER),
        memberships.revoke(buyer, harbour.id, bea.id),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            await call


@pytest.fixture
def ada(administrator, harbour, database):
    """Harbour's administrator, as one of its members."""
    ada = replace(a_user("Ada"), id=ADMINISTRATOR_ID)
    database.tables.users[ada.id] = ada
    belongs(database, harbour, ada, Role.ADMINISTRATOR)
    return administrator


async def test_a_right_is_given_and_taken_one_by_one(
    memberships, database, ada, harbour, bea, facts
):
    belongs(database, harbour, bea, Role.BUYER)

    async def toggle(permission, *, allowed):
        await memberships.toggle(ada, harbour.id, bea.id, permission, allowed=allowed)
        membership = database.tables.memberships[harbour.id, bea.id]
        return membership.given, membership.withheld

    staff, shop = Permission.SEE_STAFF, Permission.SHOP
    assert await toggle(staff, allowed=True) == ((staff,), ())
    assert await toggle(shop, allowed=False) == ((staff,), (shop,))
    standing = (await memberships.explain(ada, harbour.id, bea.id)).standing
    assert standing.decide(staff).allowed
    assert not standing.decide(shop).allowed
    assert await toggle(shop, allowed=True) == ((staff,), ())
    assert await toggle(staff, allowed=False) == ((), ())
    assert len(facts(MembershipGranted)) == 4


async def test_exceptions_outlive_another_role(memberships, database, ada, harbour, bea):
    belongs(database, harbour, bea, Role.MEMBER)
    for permission in (Permission.SEE_STAFF, Permission.SEE_ORDERS):
        await memberships.toggle(ada, harbour.id, bea.id, permission, allowed=True)
    await memberships.grant(ada, harbour.id, bea.id, Role.BUYER)
    membership = database.tables.memberships[harbour.id, bea.id]
    assert membership.given == (Permission.SEE_STAFF,)


async def test_who_gives_what_they_lack_is_refused_and_recorded(
    memberships, database, ada, harbour, bea, facts
):
    belongs(database, harbour, bea, Role.MEMBER)
    lesser = replace(ada, permissions=ada.permissions - {Permission.SEE_INVOICES})
    with pytest.raises(Forbidden, match="see the company's invoices") as refusal:
        await memberships.toggle(
            lesser, harbour.id, bea.id, Permission.SEE_INVOICES, allowed=True
        )
    assert refusal.value.code == "beyond"
    [event] = facts(MembershipRefused)
    assert (event.user_id, event.stamp.actor.id) == (bea.id, ada.id)
    assert database.tables.memberships[harbour.id, bea.id].given == ()


async def test_what_the_msp_keeps_is_not_given(memberships, database, ada, harbour, bea):
    closed = (Permission.SEE_INVOICES,)
    database.tables.companies[harbour.id] = replace(harbour, closed=closed)
    belongs(database, harbour, bea, Role.MEMBER)
    for actor in (ada, MSP):
        with pytest.raises(Invalid, match="The MSP lets nobody") as refusal:
            await memberships.toggle(
                actor, harbour.id, bea.id, Permission.SEE_INVOICES, allowed=True
            )
        assert refusal.value.code == "closed"
    lesser = replace(ada, permissions=ada.permissions - {*closed})
    await memberships.grant(lesser, harbour.id, bea.id, Role.FINANCE)


async def test_a_custom_role_is_the_companys_or_the_msps(
    memberships, database, ada, harbour, bea, facts
):
    belongs(database, harbour, bea, Role.MEMBER)
    own = a_role("Reception", harbour, Permission.SEE_COMPANY, Permission.SEE_STAFF)
    theirs = a_role("Cellar", a_company("Orchard"))
    for role in (own, theirs):
        database.tables.roles[role.id] = role
    wanted = Assignment(role=Role.CUSTOM, custom_role_id=own.id)
    await memberships.assign(ada, harbour.id, bea.id, wanted)
    assert facts(MembershipGranted)[0].custom_role == "Reception"
    listed = await memberships.of_company(ada, harbour.id)
    assert [each.role_name for each in listed] == ["Administrator", "Reception"]
    standing = (await memberships.explain(ada, harbour.id, bea.id)).standing
    assert standing.permissions == {*own.permissions}
    for role_id in (theirs.id, None):
        wrong = Assignment(role=Role.CUSTOM, custom_role_id=role_id)
        with pytest.raises(Invalid) as refusal:
            await memberships.assign(ada, harbour.id, bea.id, wrong)
        assert refusal.value.problems[0].field == "role"
    await memberships.revoke(ada, harbour.id, bea.id)


async def test_only_an_owner_makes_owners(memberships, database, ada, harbour, bea):
    belongs(database, harbour, bea, Role.BUYER)
    with pytest.raises(Forbidden, match="make somebody an owner"):
        await memberships.grant(ada, harbour.id, bea.id, Role.OWNER)
    owner = replace(ada, permissions=ROLES[Role.OWNER])
    await memberships.grant(owner, harbour.id, bea.id, Role.OWNER)
    with pytest.raises(Forbidden, match="They may do more than you"):
        await memberships.grant(ada, harbour.id, bea.id, Role.MEMBER)


@pytest.mark.parametrize("by_msp", [True, False])
async def test_a_company_keeps_an_owner(memberships, database, ada, harbour, bea, by_msp):
    belongs(database, harbour, bea, Role.OWNER)
    actor = MSP if by_msp else replace(ada, permissions=ROLES[Role.OWNER])
    with pytest.raises(Conflict, match="last owner"):
        await memberships.grant(actor, harbour.id, bea.id, Role.ADMINISTRATOR)
    with pytest.raises(Conflict, match="last owner"):
        await memberships.revoke(actor, harbour.id, bea.id)
    otto = a_user("Otto")
    database.tables.users[otto.id] = otto
    belongs(database, harbour, otto, Role.OWNER)
    await memberships.revoke(actor, harbour.id, bea.id)


async def test_the_last_administrator_keeps_the_right_to_be_one(
    memberships, database, ada, harbour
):
    with pytest.raises(Conflict, match="last administrator"):
        await memberships.toggle(
            ada, harbour.id, ada.id, Permission.MANAGE_MEMBERS, allowed=False
        )


async def test_another_role_ends_trust_in_browsers(
    memberships, database, ada, harbour, bea
):
    belongs(database, harbour, bea, Role.BUYER)
    browser = a_browser(bea, trusted_until=NOON + timedelta(days=1))
    database.tables.browsers[browser.id] = browser
    await memberships.grant(ada, harbour.id, bea.id, Role.MEMBER)
    assert database.tables.browsers[browser.id].trusted_until is None


async def test_everybody_may_know_what_they_may_do(memberships, database, harbour, bea):
    belongs(database, harbour, bea, Role.BUYER)
    herself = member(bea.id, "Bea", Role.BUYER, harbour.id)
    standing = (await memberships.explain(herself, harbour.id, bea.id)).standing
    assert standing.permissions == ROLES[Role.BUYER]
    with pytest.raises(Forbidden):
        await memberships.explain(herself, harbour.id, ADMINISTRATOR_ID)


async def test_a_stranger_has_no_standing(memberships, database, ada, harbour, bea):
    with pytest.raises(NotFound):
        await memberships.explain(ada, harbour.id, bea.id)
    assert not (await memberships.explain(MSP, harbour.id, bea.id)).standing.belongs
    with pytest.raises(NotFound):
        await memberships.toggle(ada, harbour.id, bea.id, Permission.SHOP, allowed=True)
