"""The MSP's rooms for products: found, added, changed, handed back, hidden, archived."""

import pytest

from tests.examples import aud, details
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/admin/products"
MOUSE = f"{ROOM}/MOUSE-1"
NEW = {
    "sku": "007",
    "name": "Dock",
    "description": "",
    "category_id": "",
    "manufacturer": "Heron",
    "price": "1,250.50",
    "cost": "900",
    "vendor_sku": "",
    "low_stock": "5",
    "stock": "3",
}


@pytest.fixture
async def msp(town):
    return await town.signed_in("msp")


@pytest.fixture
async def mouse(town):
    return await town.parts.catalogue().create(
        SYSTEM, details(cost=aud(2_000), description="Grey"), stock=8
    )


@pytest.fixture
async def keyboard(town):
    catalogue = town.parts.catalogue()
    category = await town.parts.categories().add(SYSTEM, "Parts", None)
    await catalogue.create(SYSTEM, details("KEY-1", "Keyboard", category_id=category.id))
    await catalogue.create(SYSTEM, details("OLD-1", "Old thing"))
    await catalogue.archive(SYSTEM, "OLD-1")
    return category


async def test_an_empty_catalogue_says_what_to_do(msp):
    page = look_at(await msp.get(ROOM))
    assert "The catalogue is empty" in page.text
    assert "/admin/imports" in [one.get("href") for one in page.all("a")]


async def test_the_list_shows_what_no_client_sees_and_finds_things(msp, mouse, keyboard):
    page = look_at(await msp.get(ROOM))
    assert "$20.00" in page.text
    assert "Old thing" not in page.text
    assert "2 products" in page.text
    for query, wanted, unwanted in (
        ("search=mouse", "Mouse", "Keyboard"),
        (f"category={keyboard.id}", "Keyboard", "Mouse"),
        ("show=archived", "Old thing", "Keyboard"),
    ):
        text = look_at(await msp.get(f"{ROOM}?{query}")).text
        assert wanted in text
        assert f"{unwanted} " not in text
    assert "3 products" in look_at(await msp.get(f"{ROOM}?show=all")).text
    assert "No product matches" in look_at(await msp.get(f"{ROOM}?search=xyz")).text


async def test_a_new_product_keeps_its_leading_zeros(msp, town):
    look_at(await msp.get(f"{ROOM}/new"))
    answer = await msp.post(ROOM, NEW)
    assert answer.headers["location"] == f"{ROOM}/007"
    page = look_at(await msp.get(f"{ROOM}/007"))
    assert (page.value("sku"), page.value("price")) == ("007", "1250.50")
    assert "28.0 %" in page.text
    sheet = await town.parts.catalogue().get(SYSTEM, "007")
    assert (sheet.product.price, sheet.product.on_hand) == (aud(125_050), 3)


async def test_a_product_that_is_called_new_has_a_page(msp):
    await msp.get(f"{ROOM}/new")
    answer = await msp.post(ROOM, NEW | {"sku": "new"})
    assert answer.headers["location"] == f"{ROOM}/NEW"
    assert look_at(await msp.get(f"{ROOM}/NEW")).value("sku") == "new"


async def test_a_sku_in_another_script_has_a_page(msp):
    await msp.get(f"{ROOM}/new")
    answer = await msp.post(ROOM, NEW | {"sku": "Mäuse 1"})
    assert look_at(await msp.get(answer.headers["location"])).value("sku") == "Mäuse 1"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("sku", "MOUSE-1"),
        ("sku", "a/b"),
        ("name", " "),
        ("price", "12,3x"),
        ("price", "-1"),
        ("price", "1.005"),
        ("cost", "cheap"),
        ("low_stock", "1e5"),
        ("stock", "-1"),
    ],
)
async def test_what_is_refused_is_shown_again_as_typed(msp, mouse, field, typed):
    await msp.get(f"{ROOM}/new")
    page = look_at(await msp.post(ROOM, NEW | {field: typed}), 422)
    [wrong] = [one for tag, one in page.tags if "aria-invalid" in one]
    assert (wrong["name"], page.value(field)) == (field, typed)
    assert page.value("manufacturer") == "Heron"


async def test_what_is_changed_is_ours_until_handed_back(msp, mouse, town):
    page = look_at(await msp.get(MOUSE))
    assert "Feed imports leave these alone" in page.text
    version = page.value("version")
    answer = await msp.post(f"{MOUSE}/hand-back", {"field": "price", "version": version})
    assert answer.headers["location"] == MOUSE
    product = await town.parts.catalogue().product(SYSTEM, "MOUSE-1")
    assert "price" not in product.locked_fields
    form = {k: v for k, v in NEW.items() if k != "stock"} | {
        "sku": "MOUSE-1",
        "price": "30",
    }
    answer = await msp.post(MOUSE, form | {"version": product.version})
    assert answer.status_code == 303
    product = await town.parts.catalogue().product(SYSTEM, "MOUSE-1")
    assert product.price == aud(3_000)
    assert "price" in product.locked_fields
    page = look_at(await msp.post(MOUSE, form | {"name": "Late", "version": version}), 409)
    assert page.value("name") == "Late"


async def test_prices_per_list(msp, mouse, town):
    assert "No price lists yet" in look_at(await msp.get(f"{MOUSE}/prices")).text
    vip = await town.parts.price_lists().create(SYSTEM, "VIP", "AUD")
    look_at(await msp.get(f"{MOUSE}/prices"))
    form = {"price_list_id": str(vip.id), "price": "19.90"}
    assert (await msp.post(f"{MOUSE}/prices", form)).status_code == 303
    assert look_at(await msp.get(f"{MOUSE}/prices")).value("price") == "19.90"
    page = look_at(await msp.post(f"{MOUSE}/prices", form | {"price": "cheap"}), 422)
    assert page.value("price") == "cheap"
    assert (await msp.post(f"{MOUSE}/prices", form | {"price": ""})).status_code == 303
    assert look_at(await msp.get(f"{MOUSE}/prices")).value("price") == ""


async def test_stock_of_the_main_warehouse(msp, mouse):
    assert look_at(await msp.get(f"{MOUSE}/stock")).value("units") == "8"
    assert (await msp.post(f"{MOUSE}/stock", {"units": "12"})).status_code == 303
    assert look_at(await msp.get(f"{MOUSE}/stock")).value("units") == "12"
    for typed in ("-1", "many", ""):
        page = look_at(await msp.post(f"{MOUSE}/stock", {"units": typed}), 422)
        assert page.value("units") == typed


async def test_hidden_from_some_companies_and_kept_so(msp, mouse, town):
    page = look_at(await msp.get(f"{MOUSE}/companies"))
    assert "Harbour" in page.text
    hidden = {"company": str(town.harbour.id)}
    assert (await msp.post(f"{MOUSE}/companies", hidden)).status_code == 303
    buyer = await town.signed_in("buyer")
    assert (await buyer.get("/c/harbour/shop/MOUSE-1")).status_code == 404
    page = look_at(await msp.get(f"{MOUSE}/companies?search=orch"))
    assert page.value("kept") == str(town.harbour.id)
    assert "stays hidden from 1 company" in page.text
    lost = {"company": "01970000-0000-7000-8000-00000000dead"}
    assert (await msp.post(f"{MOUSE}/companies", lost)).status_code == 422


async def test_archived_and_restored(msp, mouse, town):
    await msp.get(MOUSE)
    await msp.post(f"{MOUSE}/archive")
    assert "Archived" in look_at(await msp.get(MOUSE)).text
    buyer = await town.signed_in("buyer")
    assert (await buyer.get("/c/harbour/shop/MOUSE-1")).status_code == 404
    await msp.post(f"{MOUSE}/restore")
    assert (await buyer.get("/c/harbour/shop/MOUSE-1")).status_code == 200


async def test_nobody_else_comes_in_or_reads_a_cost(town, mouse):
    for who in ("administrator", "buyer"):
        browser = await town.signed_in(who)
        for path in (ROOM, MOUSE, f"{MOUSE}/prices", f"{MOUSE}/stock"):
            assert (await browser.get(path)).status_code == 404
        assert "20.00" not in (await browser.get("/c/harbour/shop/MOUSE-1")).text
        assert (await browser.post(f"{MOUSE}/archive")).status_code == 404
