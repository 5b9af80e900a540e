"""The MSP's rooms for price lists: added, filled, and thinned out."""

import pytest

from tests.examples import aud, details
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/admin/price-lists"


@pytest.fixture
async def msp(town):
    return await town.signed_in("msp")


@pytest.fixture
async def vip(town):
    await town.parts.catalogue().create(SYSTEM, details(), stock=1)
    return await town.parts.price_lists().create(SYSTEM, "VIP", "AUD")


@pytest.fixture
def room(vip):
    return f"{ROOM}/{vip.id}"


async def test_a_list_is_added(msp):
    assert "No price lists yet" in look_at(await msp.get(ROOM)).text
    assert look_at(await msp.get(f"{ROOM}/new")).value("currency") == "AUD"
    answer = await msp.post(ROOM, {"name": "VIP", "currency": "eur"})
    page = look_at(await msp.get(answer.headers["location"]))
    assert "Amounts in EUR" in page.text
    assert "names no product yet" in page.text
    assert "VIP" in look_at(await msp.get(ROOM)).text


@pytest.mark.parametrize(
    ("field", "typed", "status"),
    [("name", " ", 422), ("name", "vip", 409), ("currency", "dollars", 422)],
)
async def test_what_is_refused_is_shown_again(msp, vip, field, typed, status):
    await msp.get(f"{ROOM}/new")
    form = {"name": "Other", "currency": "AUD"} | {field: typed}
    page = look_at(await msp.post(ROOM, form), status)
    assert page.value(field) == typed
    assert [one["name"] for _, one in page.tags if "aria-invalid" in one] == [field]


async def test_a_price_is_set_shown_and_taken_off(msp, room):
    await msp.get(room)
    assert (await msp.post(room, {"sku": " mouse-1 ", "price": "20"})).status_code == 303
    page = look_at(await msp.get(room))
    for text in ("Mouse", "$25.00", "$20.00", "\N{MINUS SIGN}20 %"):
        assert text in page.text
    assert "No product of the list" in look_at(await msp.get(f"{room}?search=dock")).text
    assert (await msp.post(f"{room}/remove", {"sku": "MOUSE-1"})).status_code == 303
    assert "names no product yet" in look_at(await msp.get(room)).text


@pytest.mark.parametrize(
    ("sku", "price", "wrong"),
    [
        ("NONE-1", "20", ["sku"]),
        ("", "", ["sku", "price"]),
        ("MOUSE-1", "cheap", ["price"]),
        ("MOUSE-1", "-1", ["price"]),
    ],
)
async def test_a_price_that_is_refused_is_shown_again(msp, room, sku, price, wrong):
    await msp.get(room)
    page = look_at(await msp.post(room, {"sku": sku, "price": price}), 422)
    assert (page.value("sku"), page.value("price")) == (sku, price)
    assert [one["name"] for _, one in page.tags if "aria-invalid" in one] == wrong


async def test_its_companies_pay_its_prices(msp, town, vip, room):
    await town.parts.price_lists().set_price(SYSTEM, vip.id, "MOUSE-1", aud(1_990))
    page = look_at(await msp.get("/admin/companies/harbour"))
    form = {
        "name": "Harbour",
        "slug": "harbour",
        "currency": "AUD",
        "time_zone": "UTC",
        "price_list_id": str(vip.id),
        "version": page.value("version"),
    }
    assert (await msp.post("/admin/companies/harbour", form)).status_code == 303
    buyer = await town.signed_in("buyer")
    assert "$19.90" in (await buyer.get("/c/harbour/shop/MOUSE-1")).text


async def test_clients_find_nothing_here(town, room):
    browser = await town.signed_in("administrator")
    for path in (ROOM, f"{ROOM}/new", room):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post(room, {"sku": "MOUSE-1", "price": "1"})).status_code == 404
