"""Everything can be read and done in a browser that runs no scripts."""

import re

import pytest

from tests.e2e.browser import Person
from tests.e2e.walking import walk

pytestmark = pytest.mark.browser

MSP = "morgan@harbour-it.example"
BUYER = "ben@northwind-dental.example"
FEED = b"""<rss><channel>
<item><StockCode>00042</StockCode><ProductName>Harbour lamp</ProductName>
<CategoryName>Lamps/Harbour</CategoryName><DBP>9.00</DBP><OnHandChanelNsw>5</OnHandChanelNsw></item>
<item><ProductName>Without a code</ProductName></item></channel></rss>"""


@pytest.fixture
def msp(portal, chrome):
    return Person(chrome, portal, java_script_enabled=False).sign_in(MSP)


@pytest.fixture
def buyer(portal, chrome):
    return Person(chrome, portal, java_script_enabled=False).sign_in(BUYER)


@pytest.mark.parametrize(
    ("who", "start"), [("msp", "/admin"), ("buyer", "/c/northwind-dental/home")]
)
def test_every_page_shows_itself(request, patterns, who, start):
    person = request.getfixturevalue(who)
    for name, status in walk(person, start, patterns):
        assert status == 200, name
        assert person.page.locator("h1").count() == 1, name
        assert person.page.locator("[hidden] a, [aria-busy=true]").count() == 0, name


def fill(person, **values):
    """Type into the fields of these names."""
    for name, value in values.items():
        person.main.locator(f"[name={name}]").first.fill(value)


def test_a_company_and_its_first_user(msp):
    msp.go("/admin/companies/new")
    fill(msp, name="Quayside Bakery")
    msp.press("Add company")
    msp.sees("The company is added.")

    msp.go("/admin/users/new")
    fill(msp, name="Quinn Baker", email="quinn@quayside.example")
    fill(msp, password="a short sentence is fine", company="quayside-bakery")
    msp.press("Add user")
    msp.sees("The user is added.")
    msp.main.get_by_role("button", name="Disable", exact=True).click()
    msp.page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    msp.sees("They are signed out")


def test_what_was_typed_survives_a_refusal(msp):
    msp.go("/admin/users/new")
    fill(msp, name="Quinn Baker", email="quinn", password="short")
    msp.press("Add user")
    assert msp.main.locator("[name=name]").input_value() == "Quinn Baker"
    assert msp.main.locator("[name=email]").input_value() == "quinn"
    assert msp.main.locator("[name=password]").input_value() == ""
    assert msp.main.locator("[aria-invalid=true]").count() == 2


def test_a_category_and_a_price_list(msp):
    msp.go("/admin/categories")
    fill(msp, name="Lighthouses")
    msp.press("Add category")
    msp.sees("The category is added.")
    msp.sees("Lighthouses")
    msp.go("/admin/price-lists/new")
    fill(msp, name="Friends", currency="AUD")
    msp.press("Add price list")
    msp.sees("The price list is added.")


def test_a_product_changes_and_is_handed_back(msp):
    msp.go("/admin/products?search=lumen")
    msp.main.locator("tbody a").first.click()
    fill(msp, name="Lumen, our own words")
    msp.press("Save")
    msp.sees("The product is saved.")
    assert msp.main.locator("[name=name]").input_value() == "Lumen, our own words"
    msp.main.locator("[name=field][value=name]").check()
    msp.main.get_by_role("button", name=re.compile("back", re.IGNORECASE)).first.click()
    msp.sees("The next import writes these fields again.")


def test_an_endpoint_is_registered_tested_and_removed(msp):
    msp.go("/admin/endpoints/new")
    fill(msp, url="http://127.0.0.1:8099/hook")
    msp.main.locator("[name=events]").first.check()
    msp.press("Register endpoint")
    msp.sees("whsec_")
    msp.go("/admin/endpoints")
    msp.main.locator("tbody a").first.click()
    msp.main.get_by_role("button", name=re.compile("test", re.IGNORECASE)).first.click()
    msp.sees("A test is on its way.")
    msp.page.go_back()
    msp.main.get_by_role("button", name="Remove", exact=True).click()
    msp.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    msp.sees("The endpoint is gone.")


def test_a_key_is_made_and_revoked(msp):
    msp.go("/admin/keys/new")
    fill(msp, name="stock robot")
    msp.main.locator("[name=scope]").first.check()
    msp.press("Make the key")
    msp.sees("It is shown this once.")
    msp.go("/admin/keys")
    msp.main.get_by_role("button", name="Revoke").first.click()
    msp.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    msp.sees("The key opens nothing any more.")


def test_the_settings_are_kept(msp):
    msp.go("/admin/settings")
    fill(msp, tax_rate="12.5")
    msp.press("Save")
    msp.sees("The settings are saved.")
    assert msp.main.locator("[name=tax_rate]").input_value() == "12.5"


def test_a_cart_is_changed_and_emptied(buyer):
    buyer.go("/c/northwind-dental/shop?search=lumen&in_stock=true")
    buyer.main.locator(".product a").first.click()
    buyer.press("Add to cart")
    buyer.sees("Added to the cart.")
    buyer.go("/c/northwind-dental/cart")
    buyer.main.get_by_role("button", name=re.compile("Remove")).first.click()
    buyer.sees("Your cart is empty")


def test_signing_out(buyer):
    buyer.page.get_by_role("button", name="Ben Okafor").click()
    buyer.press("Sign out")
    buyer.sees("You have signed out.")
    assert "/login" in buyer.page.url


def test_a_feed_is_looked_at_and_applied(msp):  # the last, as nothing is in stock then
    msp.go("/admin/imports/new")
    feed = {"name": "feed.xml", "mimeType": "text/xml", "buffer": FEED}
    msp.main.locator("input[type=file]").set_input_files(feed)
    msp.press("Upload feed")
    msp.sees("The feed is being read.")
    until_it_says(msp, "no stock code")
    msp.press("Apply")
    msp.sees("This feed is much shorter than the last one.")
    msp.press("Apply anyway")
    msp.sees("The feed is being brought into the catalogue.")
    msp.go("/admin/products?search=00042")
    until_it_says(msp, "Harbour lamp")


def until_it_says(person, text):
    """Load the page again, as people do, until it says so."""
    for _ in range(40):
        if person.page.get_by_text(text).count():
            return
        person.page.wait_for_timeout(250)
        person.page.reload()
    raise AssertionError(f"the page never says “{text}”")
