"""From looking for a product to the delivered order, in a browser, with two people.

The same path is walked with scripts and without.
"""

import re

import pytest

from tests.e2e.browser import Person

BUYER = "ben@northwind-dental.example"
MSP = "morgan@harbour-it.example"
ROOM = "/c/northwind-dental"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_buyer_orders_and_the_msp_ships(portal, chrome, scripts):
    buyer = Person(chrome, portal, java_script_enabled=scripts).sign_in(BUYER)
    number = orders_something(buyer, f"PO-{scripts}")

    msp = Person(chrome, portal, java_script_enabled=scripts).sign_in(MSP)
    msp.go("/admin/orders")
    msp.main.get_by_role("link", name=number).click()
    msp.sees("Ben Okafor")
    msp.main.get_by_role("link", name="Deliveries").click()
    msp.main.locator("tbody").get_by_text("Mail to the buyer").wait_for()
    msp.go(f"/admin/orders/{number}")
    msp.page.locator("#status").select_option("shipped")
    msp.page.locator("#carrier").fill("Coastline")
    msp.page.locator("#consignment").fill("CL-42")
    msp.press("Save")
    msp.sees("Shipped")

    buyer.go(f"{ROOM}/orders/{number}")
    buyer.sees("Shipped")
    buyer.sees("CL-42")
    assert buyer.complaints + msp.complaints == []


def test_two_carts_are_apart(portal, chrome):
    one = Person(chrome, portal).sign_in(BUYER)
    other = Person(chrome, portal).sign_in("daniel@brightwater-legal.example")
    puts_something_into_the_cart(one)
    other.go("/c/brightwater-legal/cart")
    other.sees("Your cart is empty")
    assert other.go(f"{ROOM}/cart") == 404


def test_a_typed_reference_survives_a_refusal(portal, chrome):
    buyer = Person(chrome, portal).sign_in(BUYER)
    puts_something_into_the_cart(buyer)
    buyer.go(f"{ROOM}/cart")
    field = buyer.page.locator("#po_number")
    field.evaluate("field => field.removeAttribute('maxlength')")
    field.fill("x" * 101)
    buyer.press("Place order")
    buyer.sees("Use at most 100 characters.")
    assert field.input_value() == "x" * 101


def orders_something(buyer, po_number):
    """Search, look, add, order; return the order's number."""
    puts_something_into_the_cart(buyer)
    buyer.go(f"{ROOM}/cart")
    buyer.page.locator("#po_number").fill(po_number)
    buyer.press("Place order")
    buyer.page.wait_for_url(re.compile(r"/orders/ORD\d+$"))
    buyer.sees(po_number)
    return buyer.page.url.rpartition("/")[2]


def puts_something_into_the_cart(buyer):
    buyer.go(f"{ROOM}/shop?search=lumen&in_stock=true")
    buyer.page.locator(".product a").first.click()
    buyer.page.get_by_role("button", name="Add to cart").click()
    buyer.sees("Added to the cart.")
