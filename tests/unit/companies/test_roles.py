"""Roles that administrators put together, and the MSP's ceiling."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.companies.events import (
    CompanyUpdated,
    RoleCreated,
    RoleRemoved,
    RoleUpdated,
)
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound, ProofNeeded
from portal_core.identity.permissions import Permission, Role
from tests.examples import a_company, a_membership, a_user
from tests.people import ADMINISTRATOR, BUYER, MSP, STRANGER

DESK = {"name": " Front  desk ", "permissions": [Permission.SEE_STAFF]}


@pytest.fixture
def harbour(database):
    company = a_company("Harbour")
    database.tables.companies[company.id] = company
    return company


@pytest.fixture
def ada(harbour):
    return ADMINISTRATOR.within(harbour.id)


@pytest.fixture
async def desk(roles, ada, harbour):
    return await roles.create(ada, harbour.id, **DESK)


async def test_a_company_makes_a_role(roles, ada, harbour, desk, facts):
    assert (desk.name, desk.company_id) == ("Front desk", harbour.id)
    assert set(desk.permissions) == {Permission.SEE_COMPANY, Permission.SEE_STAFF}
    [use] = await roles.usable(ada, harbour.id)
    assert (use.id, use.members) == (desk.id, 0)
    [event] = facts(RoleCreated)
    assert (event.subject_id, event.stamp.company_id) == (desk.id, harbour.id)


async def test_the_msp_makes_roles_for_everybody(roles, ada, harbour):
    auditor = await roles.create(
        MSP, None, name="Auditor", permissions=[Permission.SEE_AUDIT]
    )
    [use] = await roles.usable(ada, harbour.id)
    assert use.id == auditor.id
    with pytest.raises(NotFound):
        await roles.change(
            ada, harbour.id, auditor.id, name="Mine", permissions=[], version=1
        )
    with pytest.raises(NotFound):
        await roles.create(ada, None, **DESK)


async def test_a_role_is_changed_and_removed(roles, ada, harbour, desk, facts):
    changed = await roles.change(
        ada, harbour.id, desk.id, name="Desk", permissions=[], version=desk.version
    )
    assert changed.permissions == (Permission.SEE_COMPANY,)
    assert facts(RoleUpdated)[0].name == "Desk"
    await roles.remove(ada, harbour.id, desk.id)
    assert facts(RoleRemoved)[0].name == "Desk"
    assert await roles.usable(ada, harbour.id) == []


async def test_a_role_that_people_have_stays(roles, ada, harbour, desk, database):
    bea = a_user("Bea")
    database.tables.users[bea.id] = bea
    database.tables.memberships[harbour.id, bea.id] = replace(
        a_membership(harbour, bea), role=Role.CUSTOM, custom_role_id=desk.id
    )
    with pytest.raises(Conflict, match="People have this role") as refusal:
        await roles.remove(ada, harbour.id, desk.id)
    assert refusal.value.code == "in_use"


@pytest.mark.parametrize("name", ["", "x" * 61, "Buyer", "bUYER"])
async def test_a_name_is_refused(roles, ada, harbour, name):
    with pytest.raises(Invalid) as refusal:
        await roles.create(ada, harbour.id, name=name, permissions=[])
    assert refusal.value.problems[0].field == "name"


async def test_nobody_decides_on_what_they_may_not_do(roles, ada, harbour, desk):
    owners = [Permission.SEE_STAFF, Permission.MANAGE_OWNERS]
    with pytest.raises(Forbidden, match="make somebody an owner"):
        await roles.create(ada, harbour.id, name="Chief", permissions=owners)
    lesser = replace(ada, permissions=ada.permissions - {Permission.SEE_STAFF})
    with pytest.raises(Forbidden, match="see the company's staff"):
        await roles.change(
            lesser, harbour.id, desk.id, name="Desk", permissions=[], version=1
        )


async def test_what_reaches_across_companies_is_in_no_role(roles, harbour):
    role = await roles.create(
        MSP, harbour.id, name="Chief", permissions=[Permission.MANAGE_USERS]
    )
    assert role.permissions == (Permission.SEE_COMPANY,)


async def test_strangers_and_buyers_have_no_say(roles, harbour, desk):
    with pytest.raises(NotFound):
        await roles.usable(STRANGER, harbour.id)
    with pytest.raises(NotFound):
        await roles.remove(STRANGER, harbour.id, desk.id)
    buyer = BUYER.within(harbour.id)
    with pytest.raises(Forbidden):
        await roles.usable(buyer, harbour.id)
    with pytest.raises(Forbidden):
        await roles.create(buyer, harbour.id, **DESK)


async def test_it_takes_proof(roles, ada, harbour, desk, clock):
    clock.advance(timedelta(minutes=11))
    for ask in (
        roles.create(ada, harbour.id, **DESK),
        roles.change(ada, harbour.id, desk.id, name="A", permissions=[], version=1),
        roles.remove(ada, harbour.id, desk.id),
        roles.close(MSP, harbour.id, [Permission.SHOP], version=1),
    ):
        with pytest.raises(ProofNeeded):
            await ask


async def test_the_msp_keeps_something_from_a_company(roles, harbour, database, facts):
    closed = [Permission.SHOP, Permission.PLACE_ORDERS]
    changed = await roles.close(MSP, harbour.id, closed, version=harbour.version)
    assert changed.closed == (Permission.PLACE_ORDERS, Permission.SHOP)
    assert database.tables.companies[harbour.id] == changed
    assert facts(CompanyUpdated)[0].changed == ("closed",)
    with pytest.raises(Conflict):
        await roles.close(MSP, harbour.id, [], version=harbour.version)


@pytest.mark.parametrize(
    "permission",
    [Permission.SEE_COMPANY, Permission.MANAGE_OWNERS, Permission.MANAGE_USERS],
)
async def test_some_things_are_not_the_msps_to_keep(roles, harbour, permission):
    with pytest.raises(Invalid) as refusal:
        await roles.close(MSP, harbour.id, [permission], version=harbour.version)
    assert refusal.value.problems[0].field == "closed"


async def test_a_company_does_not_lift_its_ceiling(roles, ada, harbour):
    with pytest.raises(Forbidden):
        await roles.close(ada, harbour.id, [], version=harbour.version)
