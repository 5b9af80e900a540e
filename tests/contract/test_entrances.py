import pytest
from msgspec.structs import asdict, replace

from portal_core.companies.entrance import Entrance
from portal_core.companies.model import Assignment, Membership
from portal_core.companies.portal import PortalSettings
from portal_core.companies.standing import Standing
from portal_core.errors import NotFound
from portal_core.identity.permissions import MspRole, Permission, Role, StaffScope
from portal_core.identity.policy import MSP_POLICY, SignInPolicy
from portal_core.ids import new_id
from tests.examples import (
    a_company,
    a_grant,
    a_key,
    a_membership,
    a_role,
    a_session,
    a_user,
)
from tests.people import NOON


@pytest.fixture
async def harbour(database):
    return await stored_company(database, "Harbour")


@pytest.fixture
async def orchard(database):
    return await stored_company(database, "Orchard")


async def stored_company(database, name):
    company = a_company(name)
    async with database.begin() as work:
        await work.companies.add(company)
    return company


async def signed_in(database, user, *companies):
    """Store a user who is a buyer of the companies, and return their session."""
    session = a_session(user)
    async with database.begin() as work:
        await work.users.add(user)
        await work.sessions.add(session)
        for company in companies:
            await work.memberships.keep(a_membership(company, user))
    return session


async def by_session(database, slug):
    async with database.read() as work:
        return await work.entrances.by_session(b"token", slug)


async def by_key(database, key, company):
    async with database.read() as work:
        return await work.entrances.by_key(key.lookup, company)


async def test_an_unknown_session_opens_nothing(database, harbour):
    assert await by_session(database, None) is None
    assert await by_session(database, "harbour") is None


async def test_a_session_says_whose_it_is(database, harbour):
    bea = a_user("Bea")
    session = await signed_in(database, bea, harbour)
    assert await by_session(database, None) == Entrance(user=bea, session=session)


async def test_a_member_enters_in_their_role(database, harbour, orchard):
    bea = a_user("Bea")
    session = await signed_in(database, bea, harbour, orchard)
    standing = Standing(assignment=Assignment(role=Role.BUYER))
    expected = Entrance(user=bea, session=session, company=harbour, standing=standing)
    assert await by_session(database, "harbour") == expected


async def test_a_stranger_is_nothing_to_a_company(database, harbour, orchard):
    bea = a_user("Bea")
    session = await signed_in(database, bea, harbour)
    found = await by_session(database, "orchard")
    assert found == Entrance(user=bea, session=session, company=orchard)
    assert not found.standing.belongs
    assert await by_session(database, "nowhere") == Entrance(user=bea, session=session)


async def test_all_that_deciding_takes_comes_along(database, harbour):
    """Also asked for without a session."""
    tess = a_user("Tess", msp_role=MspRole.TECHNICIAN)
    await signed_in(database, tess)
    role = a_role("Reception", harbour, Permission.SEE_COMPANY, Permission.SHOP)
    assignment = Assignment(
        role=Role.CUSTOM,
        custom_role_id=role.id,
        given=(Permission.SEE_ORDERS,),
        withheld=(Permission.SHOP,),
        staff_scope=StaffScope.OWN_DEPARTMENT,
    )
    grant = a_grant(harbour, tess)
    async with database.begin() as work:
        closed = (Permission.SEE_INVOICES,)
        await work.companies.save(replace(harbour, closed=closed, version=2))
        await work.roles.add(role)
        await work.memberships.keep(
            Membership(
                user_id=tess.id, company_id=harbour.id, since=NOON, **asdict(assignment)
            )
        )
        await work.grants.keep(grant)
    expected = Standing(
        msp_role=MspRole.TECHNICIAN,
        assignment=assignment,
        custom_name=role.name,
        custom_permissions=role.permissions,
        grant=grant,
        closed=closed,
    )
    assert (await by_session(database, "harbour")).standing == expected
    async with database.read() as work:
        assert await work.entrances.standing(harbour.id, tess.id) == expected
        [member] = await work.memberships.of_company(harbour.id)
    assert (member.role_name, member.custom_permissions) == ("Reception", role.permissions)


async def test_there_is_no_standing_without_both(database, harbour):
    bea = a_user("Bea")
    await signed_in(database, bea)
    async with database.read() as work:
        assert await work.entrances.standing(harbour.id, bea.id) == Standing()
        for company, user in ((harbour.id, new_id()), (new_id(), bea.id)):
            with pytest.raises(NotFound):
                await work.entrances.standing(company, user)


async def test_the_msp_enters_every_company(database, harbour):
    mia = a_user("Mia", msp_role=MspRole.ADMINISTRATOR)
    session = await signed_in(database, mia)
    standing = Standing(msp_role=MspRole.ADMINISTRATOR)
    mias = Entrance(
        user=mia,
        session=session,
        company=harbour,
        standing=standing,
        msp_policy=MSP_POLICY,
    )
    assert await by_session(database, "harbour") == mias
    assert (await by_session(database, "nowhere")).company is None


async def test_the_msps_people_bring_its_policy(database, harbour):
    policy = SignInPolicy(networks=("10.0.0.0/8",), idle_minutes=30)
    async with database.begin() as work:
        await work.settings.keep(PortalSettings(sign_in=policy))
    await signed_in(database, a_user("Mia", msp_role=MspRole.ADMINISTRATOR))
    assert (await by_session(database, None)).msp_policy == policy


async def test_clients_bring_no_policy_of_the_msp(database, harbour):
    await signed_in(database, a_user("Bea"), harbour)
    assert (await by_session(database, "harbour")).msp_policy is None


async def test_a_disabled_user_is_shown_as_such(database, harbour):
    bea = replace(a_user("Bea"), disabled=True)
    await signed_in(database, bea, harbour)
    assert (await by_session(database, "harbour")).user.disabled


async def test_a_key_for_one_company_enters_that_one(database, harbour, orchard):
    key = a_key(company_id=harbour.id)
    async with database.begin() as work:
        await work.keys.add(key)
    at_home = Entrance(key=key, company=harbour)
    assert await by_key(database, key, "harbour") == at_home
    assert await by_key(database, key, str(harbour.id)) == at_home
    for elsewhere in ("orchard", str(orchard.id), "nowhere", str(key.id), None):
        assert await by_key(database, key, elsewhere) == Entrance(key=key)


async def test_a_key_for_all_companies_enters_each(database, harbour, orchard):
    key = a_key()
    async with database.begin() as work:
        await work.keys.add(key)
    assert (await by_key(database, key, "harbour")).company == harbour
    assert (await by_key(database, key, str(orchard.id))).company == orchard
    assert (await by_key(database, key, None)).company is None


async def test_an_unknown_key_opens_nothing(database, harbour):
    assert await by_key(database, a_key(), "harbour") is None


async def test_a_revoked_key_is_shown_as_such(database):
    key = a_key(revoked_at=NOON)
    async with database.begin() as work:
        await work.keys.add(key)
    assert (await by_key(database, key, None)).key.revoked_at == NOON
