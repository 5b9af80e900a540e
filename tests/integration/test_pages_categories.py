"""The MSP's rooms for categories: a tree that grows and is pruned."""

import pytest

from tests.examples import details
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/admin/categories"


@pytest.fixture
async def msp(town):
    return await town.signed_in("msp")


@pytest.fixture
async def parts(town):
    return await town.parts.categories().add(SYSTEM, "Parts", None)


@pytest.fixture
async def mice(town, parts):
    return await town.parts.categories().add(SYSTEM, "Mice", parts.id)


async def test_an_empty_tree_says_what_to_do(msp):
    assert "No categories yet" in look_at(await msp.get(ROOM)).text


async def test_the_tree_grows(msp, mice, town):
    page = look_at(await msp.get(f"{ROOM}?parent={mice.id}"))
    chosen = [one["value"] for one in page.all("option") if "selected" in one]
    assert chosen == [str(mice.id)]
    form = {"name": "Blue", "parent_id": str(mice.id)}
    assert (await msp.post(ROOM, form)).status_code == 303
    found = await town.parts.categories().list(SYSTEM)
    assert [one.path for one in found] == ["Parts", "Parts/Mice", "Parts/Mice/Blue"]
    assert "Blue" in look_at(await msp.get(f"{ROOM}/{mice.id}")).text


@pytest.mark.parametrize(("typed", "status"), [("", 422), ("a/b", 422), ("parts", 409)])
async def test_what_is_refused_is_shown_again(msp, parts, typed, status):
    await msp.get(ROOM)
    page = look_at(await msp.post(ROOM, {"name": typed, "parent_id": ""}), status)
    assert page.value("name") == typed
    assert [one["name"] for _, one in page.tags if "aria-invalid" in one] == ["name"]


async def test_a_category_is_renamed(msp, parts, mice):
    await msp.get(f"{ROOM}/{parts.id}")
    assert (await msp.post(f"{ROOM}/{parts.id}", {"name": "Bits"})).status_code == 303
    assert "Bits" in look_at(await msp.get(f"{ROOM}/{mice.id}")).text
    page = look_at(await msp.post(f"{ROOM}/{mice.id}", {"name": " "}), 422)
    assert page.value("name") == " "


async def test_only_an_empty_one_goes(msp, parts, mice, town):
    await town.parts.catalogue().create(SYSTEM, details(category_id=mice.id))
    await msp.get(ROOM)
    for category in (parts, mice):
        page = look_at(await msp.post(f"{ROOM}/{category.id}/remove"), 409)
        assert "The category was not removed" in page.text
    sheet = await town.parts.catalogue().get(SYSTEM, "MOUSE-1")
    await town.parts.catalogue().edit(
        SYSTEM, "MOUSE-1", details(), version=sheet.product.version
    )
    assert (await msp.post(f"{ROOM}/{mice.id}/remove")).status_code == 303
    assert (await msp.get(f"{ROOM}/{mice.id}")).status_code == 404
    assert (await msp.post(f"{ROOM}/{mice.id}/remove")).status_code == 404


async def test_clients_find_nothing_here(town, parts):
    browser = await town.signed_in("administrator")
    for path in (ROOM, f"{ROOM}/{parts.id}"):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post(f"{ROOM}/{parts.id}/remove")).status_code == 404
