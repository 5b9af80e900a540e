import pytest

from portal_core.companies.variable import Variable, VariableKind
from tests.examples import a_company
from tests.people import NOON


@pytest.fixture
async def companies(database):
    """Return two companies."""
    both = a_company("Harbour"), a_company("Orchard")
    async with database.begin() as work:
        for company in both:
            await work.companies.add(company)
    return both


def a_variable(company, name="contract", value="C-4711", kind=VariableKind.TEXT):
    return Variable.create(company.id, name=name, kind=kind, value=value, at=NOON)


async def kept(database, *variables):
    async with database.begin() as work:
        for variable in variables:
            await work.variables.keep(variable)


async def of(database, company):
    async with database.read() as work:
        return list(await work.variables.of_company(company.id))


async def test_variables_come_by_name_and_by_company(database, companies):
    harbour, orchard = companies
    vpn = a_variable(harbour, "vpn_key", "hush", VariableKind.SECRET)
    contract, theirs = a_variable(harbour), a_variable(orchard)
    await kept(database, vpn, contract, theirs)
    assert await of(database, harbour) == [contract, vpn]
    assert await of(database, orchard) == [theirs]


async def test_a_variable_replaces_the_one_before(database, companies):
    harbour, _ = companies
    after = a_variable(harbour, value="hush", kind=VariableKind.SECRET)
    await kept(database, a_variable(harbour), after)
    assert await of(database, harbour) == [after]


async def test_a_variable_is_removed_from_one_company(database, companies):
    harbour, orchard = companies
    await kept(database, a_variable(harbour), a_variable(orchard))
    async with database.begin() as work:
        assert await work.variables.remove(harbour.id, "contract")
        assert not await work.variables.remove(harbour.id, "contract")
    assert await of(database, harbour) == []
    assert len(await of(database, orchard)) == 1


async def test_a_company_goes_with_its_variables(database, companies):
    harbour, _ = companies
    await kept(database, a_variable(harbour))
    async with database.begin() as work:
        await work.companies.remove(harbour.id)
    assert await of(database, harbour) == []
