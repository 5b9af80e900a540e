"""What forms and automation should know of a company."""

import pytest
from msgspec.structs import replace

from portal_core.companies.events import VariableRemoved, VariableSet
from portal_core.companies.variable import MOST_VARIABLES, VariableKind
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.examples import a_company
from tests.people import ADMINISTRATOR, MSP, NOON, SYSTEM

TEXT, SECRET = VariableKind.TEXT, VariableKind.SECRET


@pytest.fixture
def harbour(database):
    company = a_company("Harbour")
    database.tables.companies[company.id] = company
    return company


@pytest.fixture
def put(variables, harbour):
    """Set a variable of Harbour."""

    async def put(name, value, kind=TEXT, *, actor=MSP):
        return await variables.set(actor, harbour.id, name=name, kind=kind, value=value)

    return put


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (VariableKind.TEXT, "  C-4711 ", "C-4711"),
        (VariableKind.NUMBER, " 1e3 ", "1000"),
        (VariableKind.NUMBER, "-0.50", "-0.50"),
        (VariableKind.YES_NO, "yes", "yes"),
        (VariableKind.DATE, "2026-11-23", "2026-11-23"),
        (VariableKind.SECRET, " hush ", ""),
    ],
)
async def test_a_value_is_kept_as_its_kind_writes_it(
    variables, put, harbour, facts, kind, typed, kept
):
    variable = await put("contract_1", typed, kind)
    assert (variable.value, variable.changed_at) == (kept, NOON)
    assert await variables.list(MSP, harbour.id) == [variable]
    [event] = facts(VariableSet)
    assert (event.subject_id, event.name, event.kind) == (harbour.id, "contract_1", kind)


async def test_only_the_portal_itself_reads_a_secret(variables, put, harbour, facts):
    await put("vpn_key", " hush ", SECRET)
    assert await variables.values(SYSTEM, harbour.id) == {"vpn_key": " hush "}
    with pytest.raises(Forbidden):
        await variables.values(MSP, harbour.id)
    assert "hush" not in repr(facts())


@pytest.mark.parametrize(
    ("name", "kind", "value", "field"),
    [
        ("", TEXT, "x", "name"),
        ("Contract", TEXT, "x", "name"),
        ("1st", TEXT, "x", "name"),
        ("x" * 41, TEXT, "x", "name"),
        ("contract", TEXT, " ", "value"),
        ("contract", TEXT, "x" * 2_001, "value"),
        ("contract", VariableKind.NUMBER, "many", "value"),
        ("contract", VariableKind.NUMBER, "Infinity", "value"),
        ("contract", VariableKind.YES_NO, "perhaps", "value"),
        ("contract", VariableKind.DATE, "23.11.2026", "value"),
    ],
)
async def test_what_is_wrong_is_named(put, name, kind, value, field):
    with pytest.raises(Invalid) as refusal:
        await put(name, value, kind)
    assert refusal.value.problems[0].field == field


async def test_a_variable_is_replaced_and_removed(variables, put, harbour, facts):
    await put("contract", "one")
    await put("contract", "two", SECRET)
    assert await variables.values(SYSTEM, harbour.id) == {"contract": "two"}
    await variables.remove(MSP, harbour.id, "contract")
    assert facts(VariableRemoved)[0].name == "contract"
    with pytest.raises(NotFound):
        await variables.remove(MSP, harbour.id, "contract")


async def test_there_is_an_end_to_them(put, database, harbour):
    for number in range(MOST_VARIABLES):
        await put(f"variable_{number}", "x")
    with pytest.raises(Conflict, match="are enough"):
        await put("one_more", "x")
    await put("variable_1", "y")


async def test_an_archived_company_gets_none(put, database, harbour):
    database.tables.companies[harbour.id] = replace(harbour, archived_at=NOON)
    with pytest.raises(Conflict, match="Restore the company first"):
        await put("contract", "x")


async def test_they_are_the_msps(variables, put, harbour):
    for ask in (
        variables.list(ADMINISTRATOR, harbour.id),
        variables.remove(ADMINISTRATOR, harbour.id, "contract"),
        put("contract", "x", actor=ADMINISTRATOR),
    ):
        with pytest.raises(Forbidden):
            await ask
