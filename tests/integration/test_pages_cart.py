"""The cart as a browser fills it, with htmx and without."""

import pytest

from portal_core.commerce.model import ProductDetails
from tests.examples import PRICE
from tests.house import URL
from tests.pages import Outline, look_at
from tests.people import SYSTEM

CART = "/c/harbour/cart"
FROM_THE_SHOP = {"hx-request": "true", "hx-current-url": f"{URL}/c/harbour/shop?search=m"}


@pytest.fixture
async def buyer(town):
    for sku, stock in (("MOUSE-1", 3), ("KEY-1", 9)):
        details = ProductDetails(sku=sku, name=f"The {sku}", price=PRICE)
        await town.parts.catalogue().create(SYSTEM, details, stock=stock)
    return await town.signed_in("buyer")


async def add(buyer, sku, quantity=1, **options):
    return await buyer.post(CART, {"sku": sku, "quantity": quantity}, **options)


async def test_htmx_gets_the_new_count_and_stays_where_it_is(buyer):
    for count, sku in enumerate(("MOUSE-1", "KEY-1"), 1):
        answer = await add(buyer, sku, headers=FROM_THE_SHOP)
        assert answer.status_code == 200
        piece = Outline(answer.text)
        [button] = [one for one in piece.all("a") if one.get("id") == "cart-button"]
        assert button["aria-label"].startswith(f"Cart, {count} item")
        [current] = [one for one in piece.all("a") if "aria-current" in one]
        assert current["href"] == "/c/harbour/shop"
        assert f"Cart {count}" in piece.text
        assert "Added to the cart." in piece.text
        assert not piece.all("main")


async def test_htmx_is_told_why_not(buyer):
    answer = await add(buyer, "MOUSE-1", 4, headers=FROM_THE_SHOP)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "You can add 3 more at most."
    assert "cart is empty" in look_at(await buyer.get(CART)).text


async def test_without_scripts_the_cart_follows(buyer):
    answer = await add(buyer, "MOUSE-1", 2)
    assert (answer.status_code, answer.headers["location"]) == (303, CART)
    page = look_at(await buyer.get(CART))
    assert page.value("quantity") == "2"
    assert "Added to the cart." in page.text


async def test_without_scripts_a_refusal_keeps_what_was_typed(buyer):
    page = look_at(await add(buyer, "MOUSE-1", 77), 422)
    assert "You can add 3 more at most." in page.text
    assert page.value("quantity") == "77"


async def test_a_page_elsewhere_does_not_choose_what_is_shown(buyer):
    elsewhere = {"hx-request": "true", "hx-current-url": "https://evil.example/<b>"}
    answer = await add(buyer, "MOUSE-1", headers=elsewhere)
    assert answer.status_code == 200
    assert "evil.example" not in answer.text
    assert "<b>" not in answer.text
