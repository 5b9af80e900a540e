"""The variables of a company, as the MSP sees them."""

import pytest

from portal_core.companies.variable import VariableKind
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/admin/companies/harbour/variables"


@pytest.fixture
async def msp(town):
    browser = await town.signed_in("msp")
    assert "No variables yet" in look_at(await browser.get(ROOM)).text
    return browser


async def test_a_variable_is_set_and_removed(msp):
    form = {"name": "contract", "kind": "text", "value": "C-4711"}
    assert (await msp.post(ROOM, form)).headers["location"] == ROOM
    assert "C-4711" in look_at(await msp.get(ROOM)).text
    assert (await msp.post(f"{ROOM}/contract/remove")).status_code == 303
    assert "No variables yet" in look_at(await msp.get(ROOM)).text


async def test_a_secret_is_never_shown(msp, town):
    form = {"name": "vpn_key", "kind": "secret", "value": "hush-hush"}
    assert (await msp.post(ROOM, form)).status_code == 303
    answer = await msp.get(ROOM)
    assert "Set, and not shown" in look_at(answer).text
    assert "hush-hush" not in answer.text
    variables = town.parts.variables()
    values = await variables.values(SYSTEM, town.harbour.id)
    assert values == {"vpn_key": "hush-hush"}
    [listed] = await variables.list(SYSTEM, town.harbour.id)
    assert (listed.kind, listed.value) == (VariableKind.SECRET, "")


async def test_what_is_wrong_is_told_and_kept(msp):
    form = {"name": "seats", "kind": "number", "value": "many"}
    answer = await msp.post(ROOM, form)
    assert "Enter a number" in look_at(answer, 422).text
    assert 'value="many"' in answer.text
