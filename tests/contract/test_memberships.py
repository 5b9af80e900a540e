import pytest
from msgspec.structs import replace

from portal_core.companies.model import Member
from portal_core.identity.permissions import Role
from portal_core.paging import Total, Window
from tests.examples import a_company, a_membership, a_user


@pytest.fixture
async def harbour(database):
    company = a_company("Harbour")
    async with database.begin() as work:
        await work.companies.add(company)
    return company


@pytest.fixture
async def bea(database):
    user = a_user("Bea")
    async with database.begin() as work:
        await work.users.add(user)
    return user


async def test_a_membership_comes_back_as_stored(database, harbour, bea):
    membership = a_membership(harbour, bea)
    async with database.begin() as work:
        await work.memberships.keep(membership)
    async with database.read() as work:
        assert await work.memberships.find(harbour.id, bea.id) == membership


async def test_a_stranger_has_none(database, harbour, bea):
    async with database.read() as work:
        assert await work.memberships.find(harbour.id, bea.id) is None
        assert list(await work.memberships.of_user(bea.id)) == []
        assert list(await work.memberships.of_company(harbour.id)) == []


async def test_a_user_has_one_role_in_a_company(database, harbour, bea):
    for role in (Role.BUYER, Role.ADMINISTRATOR):
        async with database.begin() as work:
            await work.memberships.keep(a_membership(harbour, bea, role))
    async with database.read() as work:
        [member] = await work.memberships.of_company(harbour.id)
    assert member.role is Role.ADMINISTRATOR


async def test_a_membership_is_taken_away(database, harbour, bea):
    async with database.begin() as work:
        await work.memberships.keep(a_membership(harbour, bea))
        await work.memberships.remove(harbour.id, bea.id)
        await work.memberships.remove(harbour.id, bea.id)
    async with database.read() as work:
        assert await work.memberships.find(harbour.id, bea.id) is None


async def test_members_of_a_company_come_by_name(database, harbour, bea):
    ann = replace(a_user("ann"), disabled=True)
    orchard = a_company("Orchard")
    async with database.begin() as work:
        await work.users.add(ann)
        await work.companies.add(orchard)
        await work.memberships.keep(a_membership(harbour, bea))
        await work.memberships.keep(a_membership(harbour, ann, Role.MEMBER))
        await work.memberships.keep(a_membership(orchard, bea))
    async with database.read() as work:
        first, second = await work.memberships.of_company(harbour.id)
    assert first == Member(
        user_id=ann.id,
        user_name="ann",
        email="ann@example.com",
        disabled=True,
        company_id=harbour.id,
        company_name="Harbour",
        company_slug="harbour",
        role=Role.MEMBER,
    )
    assert second.user_id == bea.id


async def test_memberships_of_a_user_come_by_company(database, harbour, bea):
    async with database.begin() as work:
        await work.memberships.keep(a_membership(harbour, bea))
        for name in ("Zoo", "abbey"):
            company = a_company(name)
            await work.companies.add(company)
            await work.memberships.keep(a_membership(company, bea))
    async with database.read() as work:
        found = await work.memberships.of_user(bea.id)
    assert [member.company_name for member in found] == ["abbey", "Harbour", "Zoo"]


async def test_members_are_found_by_name_and_address_a_page_at_a_time(
    database, harbour, bea
):
    orchard = a_company("Orchard")
    async with database.begin() as work:
        await work.companies.add(orchard)
        for number in range(3):
            ann = a_user(f"Ann {number}", email=f"person{number}@example.com")
            await work.users.add(ann)
            await work.memberships.keep(a_membership(harbour, ann))
        for company in (harbour, orchard):
            await work.memberships.keep(a_membership(company, bea))

    async def found(search, window):
        async with database.read() as work:
            return await work.memberships.page(harbour.id, search, window)

    first = await found("ann", Window(limit=2))
    assert [one.user_name for one in first.items] == ["Ann 0", "Ann 1"]
    assert first.total == Total(3)
    second = await found("ann", Window(limit=2, cursor=first.next))
    assert [one.user_name for one in second.items] == ["Ann 2"]
    by_address = await found("PERSON1", Window(limit=5))
    assert [one.user_name for one in by_address.items] == ["Ann 1"]
    assert (await found("", Window(limit=5))).total == Total(4)
