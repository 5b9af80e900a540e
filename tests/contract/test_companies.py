import pytest
from msgspec.structs import replace

from portal_core.companies.model import CompanyContents
from portal_core.errors import Conflict, Invalid, NotFound
from portal_core.paging import Window
from tests.contract.lists import walk
from tests.examples import (
    a_company,
    a_key,
    a_membership,
    a_price_list,
    a_product,
    a_role,
    a_user,
    an_endpoint,
    an_order,
)
from tests.people import NOON


@pytest.fixture
async def harbour(database):
    price_list = a_price_list()
    company = a_company("Harbour", price_list_id=price_list.id)
    async with database.begin() as work:
        await work.price_lists.add(price_list)
        await work.companies.add(company)
    return company


async def test_a_company_comes_back_as_stored(database, harbour):
    async with database.read() as work:
        assert await work.companies.get(harbour.id) == harbour
        assert await work.companies.find_by_slug("harbour") == harbour


async def test_a_company_that_is_not_there(database):
    async with database.read() as work:
        assert await work.companies.find_by_slug("harbour") is None
        with pytest.raises(NotFound):
            await work.companies.get(a_company().id)


async def test_a_slug_is_taken_once(database, harbour):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.companies.add(a_company("Another", slug="harbour"))


async def test_a_price_list_that_is_not_there_is_refused(database, harbour):
    lost = a_price_list().id
    for company in (
        a_company("Orchard", price_list_id=lost),
        replace(harbour, price_list_id=lost, version=2),
    ):
        with pytest.raises(Invalid) as refusal:
            async with database.begin() as work:
                store = work.companies.add if company.version == 1 else work.companies.save
                await store(company)
        assert refusal.value.problems[0].field == "price_list_id"


async def test_the_next_version_is_stored(database, harbour):
    changed = replace(
        harbour, name="Haven", slug="haven", currency="EUR", price_list_id=None, version=2
    )
    async with database.begin() as work:
        await work.companies.save(changed)
    async with database.read() as work:
        assert await work.companies.get(harbour.id) == changed


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_any_other_version_conflicts(database, harbour, version):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.companies.save(replace(harbour, name="Too late", version=version))


async def test_no_company_changes_to_a_slug_that_is_taken(database, harbour):
    orchard = a_company("Orchard")
    async with database.begin() as work:
        await work.companies.add(orchard)
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.companies.save(replace(orchard, slug="harbour", version=2))


async def test_a_list_shows_how_many_members_there_are(database, harbour):
    ann, bea = a_user("Ann"), a_user("Bea")
    async with database.begin() as work:
        await work.companies.add(a_company("Orchard"))
        for user in (ann, bea):
            await work.users.add(user)
            await work.memberships.keep(a_membership(harbour, user))
    async with database.read() as work:
        page = await work.companies.page("", Window())
    assert [(c.name, c.members) for c in page.items] == [("Harbour", 2), ("Orchard", 0)]
    [shown, _] = page.items
    assert (shown.id, shown.slug, shown.currency) == (harbour.id, "harbour", "AUD")
    assert shown.created_at == harbour.created_at


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["Harbour", "Orchard 2", "Zürich"]),
        ("ARB", ["Harbour"]),
        ("orchard-2", ["Orchard 2"]),
        ("ZÜR", ["Zürich"]),
        ("%", []),
        ("_", []),
    ],
)
async def test_companies_are_found_by_part_of_name_or_slug(
    database, harbour, search, found
):
    async with database.begin() as work:
        await work.companies.add(a_company("Orchard 2"))
        await work.companies.add(a_company("Zürich", slug="zurich"))
    async with database.read() as work:
        page = await work.companies.page(search, Window())
    assert [company.name for company in page.items] == found


async def test_every_company_is_on_one_page(database):
    async with database.begin() as work:
        for number in range(10):
            company = a_company("Same" if number % 2 else "same", slug=f"c{number}")
            await work.companies.add(company)

    async def read(window):
        async with database.read() as work:
            return await work.companies.page("", window)

    there, back = await walk(read)
    assert there == back
    assert len({company.id for company in there}) == len(there) == 10


async def test_everything_about_a_company_comes_back(database, harbour):
    orchard = replace(
        a_company("Orchard"),
        locale="en-AU",
        vip=True,
        parent_id=harbour.id,
        street="1 High Street",
        city="Sydney",
        region="NSW",
        postcode="2000",
        country="AU",
        syncro_id="4711",
        xero_id="x-1",
        entra_tenant_id="8f5ab1de-1111-4222-8333-c0ffeec0ffee",
        archived_at=NOON,
        archive_reason="left us",
    )
    async with database.begin() as work:
        await work.companies.add(orchard)
    async with database.read() as work:
        assert await work.companies.get(orchard.id) == orchard
        listed = await work.companies.page("", Window())
        assert [one.slug for one in listed.items] == ["harbour"]
        [history] = (await work.companies.page("", Window(), archived=True)).items
    assert (history.slug, history.vip, history.archived_at) == ("orchard", True, NOON)


@pytest.mark.parametrize("field", ["syncro_id", "xero_id", "entra_tenant_id"])
async def test_an_id_elsewhere_is_of_one_company(database, harbour, field):
    known = replace(harbour, **{field: "4711"}, version=2)
    other = replace(a_company("Orchard"), **{field: "4711"})
    async with database.begin() as work:
        await work.companies.save(known)
    async with database.read() as work:
        assert list(await work.companies.known_as(other)) == [known]
        assert list(await work.companies.known_as(known)) == []
        assert list(await work.companies.known_as(a_company())) == []
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.companies.add(other)


async def test_a_company_goes_with_all_that_is_its_own(database, harbour):
    orchard = replace(a_company("Orchard"), parent_id=harbour.id)
    bea = a_user()
    async with database.begin() as work:
        await work.companies.add(orchard)
        await work.users.add(bea)
        for company in (harbour, orchard):
            await work.memberships.keep(a_membership(company, bea))
            await work.roles.add(a_role("Reception", company))
            await work.keys.add(a_key(company_id=company.id))
            await work.endpoints.add(an_endpoint(company_id=company.id))
    one_each = CompanyContents(members=1, keys=1, endpoints=1, roles=1, orders=0)
    async with database.begin() as work:
        assert await work.companies.contents(harbour.id) == one_each
        await work.companies.remove(harbour.id)
        await work.companies.remove(harbour.id)
    async with database.read() as work:
        assert await work.companies.find_by_slug("harbour") is None
        assert (await work.companies.get(orchard.id)).parent_id is None
        assert await work.companies.contents(orchard.id) == one_each
        assert [m.company_slug for m in await work.memberships.of_user(bea.id)] == [
            "orchard"
        ]


async def test_a_company_with_orders_stays(database, harbour):
    product = a_product()
    async with database.begin() as work:
        await work.products.add(product)
        await work.orders.add(an_order(harbour, product))
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.companies.remove(harbour.id)
    async with database.read() as work:
        assert (await work.companies.contents(harbour.id)).orders == 1
