"""Custom roles, and technicians' grants."""

from datetime import timedelta

import pytest
from msgspec.structs import asdict, replace

from portal_core.companies.model import Membership
from portal_core.companies.standing import GrantedCompany, GrantedTechnician, RoleUse
from portal_core.errors import Conflict, NotFound
from portal_core.identity.permissions import MspRole, Permission, Role
from portal_core.ids import new_id
from tests.examples import a_company, a_grant, a_membership, a_role, a_user
from tests.people import NOON


@pytest.fixture
async def companies(database):
    """Return two companies."""
    both = a_company("Harbour"), a_company("Orchard")
    async with database.begin() as work:
        for company in both:
            await work.companies.add(company)
    return both


async def stored(database, *roles):
    async with database.begin() as work:
        for role in roles:
            await work.roles.add(role)


async def usable(database, company_id):
    async with database.read() as work:
        return list(await work.roles.usable(company_id))


async def holder_of(database, role, company, name="Bea"):
    """Store somebody who has the role in the company."""
    user = a_user(name)
    membership = replace(
        a_membership(company, user), role=Role.CUSTOM, custom_role_id=role.id
    )
    async with database.begin() as work:
        await work.users.add(user)
        await work.memberships.keep(membership)
    return membership


async def test_a_company_can_use_its_own_roles_and_the_msps(database, companies):
    harbour, orchard = companies
    own, theirs = a_role("Reception", harbour), a_role("Cellar", orchard)
    everybodys = a_role("Auditor")
    await stored(database, own, theirs, everybodys)
    assert await usable(database, harbour.id) == [
        RoleUse(**asdict(everybodys), members=0),
        RoleUse(**asdict(own), members=0),
    ]
    assert [role.id for role in await usable(database, None)] == [everybodys.id]
    async with database.read() as work:
        assert await work.roles.get(harbour.id, own.id) == own
        assert await work.roles.get(harbour.id, everybodys.id) == everybodys
        for company_id, role_id in (
            (harbour.id, theirs.id),
            (None, own.id),
            (harbour.id, new_id()),
        ):
            with pytest.raises(NotFound):
                await work.roles.get(company_id, role_id)


async def test_those_who_have_a_role_are_counted(database, companies):
    harbour, orchard = companies
    role = a_role("Auditor")
    await stored(database, role)
    for name, company in (("Ann", harbour), ("Bea", harbour), ("Cem", orchard)):
        await holder_of(database, role, company, name)
    for company_id, members in ((harbour.id, 2), (orchard.id, 1), (None, 3)):
        assert [use.members for use in await usable(database, company_id)] == [members]


async def test_a_name_is_taken_once_in_each_company(database, companies):
    harbour, orchard = companies
    first, second = a_role("Reception", harbour), a_role("Cellar", harbour)
    await stored(database, first, second)
    await stored(database, a_role("Reception", orchard), a_role("Reception"))
    for again in (a_role("RECEPTION", harbour), a_role("reception")):
        with pytest.raises(Conflict) as refusal:
            await stored(database, again)
        assert refusal.value.code == "taken"
    with pytest.raises(Conflict) as refusal:
        async with database.begin() as work:
            await work.roles.save(replace(second, name="Reception", version=2))
    assert refusal.value.code == "taken"


async def test_a_role_is_changed_by_the_one_who_is_first(database, companies):
    harbour, _ = companies
    role = a_role("Reception", harbour)
    await stored(database, role)
    changed = replace(role, name="Desk", permissions=(Permission.SHOP,), version=2)
    async with database.begin() as work:
        await work.roles.save(changed)
    with pytest.raises(Conflict) as refusal:
        async with database.begin() as work:
            await work.roles.save(changed)
    assert refusal.value.code == "stale"
    async with database.read() as work:
        assert await work.roles.get(harbour.id, role.id) == changed


async def test_a_role_that_somebody_has_stays(database, companies):
    harbour, orchard = companies
    role = a_role("Reception", harbour)
    await stored(database, role)
    membership = await holder_of(database, role, harbour)
    with pytest.raises(Conflict) as refusal:
        async with database.begin() as work:
            await work.roles.remove(harbour.id, role.id)
    assert refusal.value.code == "in_use"
    async with database.begin() as work:
        await work.memberships.remove(harbour.id, membership.user_id)
        await work.roles.remove(orchard.id, role.id)
        await work.roles.remove(None, role.id)
    assert len(await usable(database, harbour.id)) == 1
    async with database.begin() as work:
        await work.roles.remove(harbour.id, role.id)
    assert await usable(database, harbour.id) == []


async def test_a_membership_keeps_its_exceptions(database, companies):
    harbour, _ = companies
    bea = a_user("Bea")
    usual = a_membership(harbour, bea)
    special = replace(usual, given=(Permission.SEE_STAFF,), withheld=(Permission.SHOP,))
    async with database.begin() as work:
        await work.users.add(bea)
        for membership in (usual, special):
            await work.memberships.keep(membership)
            assert await work.memberships.find(harbour.id, bea.id) == membership
    assert isinstance(special, Membership)


@pytest.fixture
async def tess(database, companies):
    technician = a_user("Tess", msp_role=MspRole.TECHNICIAN)
    async with database.begin() as work:
        await work.users.add(technician)
    return technician


async def test_grants_are_listed_from_both_sides(database, companies, tess):
    harbour, orchard = companies
    here, there = a_grant(harbour, tess, days=1), a_grant(orchard, tess, days=7)
    async with database.begin() as work:
        await work.grants.keep(replace(here, reason="Another reason"))
        await work.grants.keep(there)
        await work.grants.keep(here)
        assert list(await work.grants.of_user(tess.id, NOON)) == [
            GrantedCompany(**asdict(here), company_name="Harbour", company_slug="harbour"),
            GrantedCompany(**asdict(there), company_name="Orchard", company_slug="orchard"),
        ]
        assert list(await work.grants.of_company(harbour.id, NOON)) == [
            GrantedTechnician(**asdict(here), user_name="Tess")
        ]
        tomorrow = NOON + timedelta(days=1)
        assert list(await work.grants.of_company(harbour.id, tomorrow)) == []
        assert len(await work.grants.of_user(tess.id, tomorrow)) == 1


async def test_grants_end(database, companies, tess):
    harbour, orchard = companies
    async with database.begin() as work:
        for company in companies:
            await work.grants.keep(a_grant(company, tess))
        assert await work.grants.remove(harbour.id, tess.id)
        assert not await work.grants.remove(harbour.id, tess.id)
        assert [one.company_id for one in await work.grants.of_user(tess.id, NOON)] == [
            orchard.id
        ]
        await work.grants.remove_all(tess.id)
        assert list(await work.grants.of_user(tess.id, NOON)) == []
