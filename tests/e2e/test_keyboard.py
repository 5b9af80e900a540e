"""Everything can be reached and done with the keyboard alone, and one sees where one is."""

import pytest

from tests.e2e.browser import PASSWORD, Person

pytestmark = pytest.mark.browser

MSP = "morgan@harbour-it.example"
BUYER = "ben@northwind-dental.example"
SHOP = "/c/northwind-dental/shop?search=lumen&in_stock=true"

WHERE = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const around = at.closest(".finder, .sidebar-search, .affixed, li, .card, tr");
  const ways = [at, around].filter(Boolean).map(one => getComputedStyle(one));
  ways.push(getComputedStyle(at, "::after"));
  return {
    tag: at.tagName,
    name: (at.getAttribute("aria-label") || at.innerText || at.name || "").trim(),
    seen: box.width > 0 && box.height > 0,
    marked: ways.some(look => look.outlineStyle !== "none" || look.boxShadow !== "none"),
    html: at.outerHTML.slice(0, 120),
  };
}"""


@pytest.fixture
def buyer(portal, chrome):
    return Person(chrome, portal).sign_in(BUYER)


@pytest.fixture
def msp(portal, chrome):
    return Person(chrome, portal).sign_in(MSP)


def press(person, *keys):
    for key in keys:
        person.page.keyboard.press(key)


def where(person):
    """Return what has the focus."""
    return person.page.evaluate(WHERE)


def tab_to(person, name, most=120):
    """Press Tab until something with this name has the focus."""
    for _ in range(most):
        press(person, "Tab")
        if name in where(person)["name"]:
            return
    raise AssertionError(f"Tab never comes to “{name}”")


def test_signing_in(portal, chrome):
    visitor = Person(chrome, portal)
    visitor.go("/login")
    visitor.page.keyboard.type(BUYER)  # the first field waits for it
    press(visitor, "Enter")
    visitor.page.locator("input[name=password]").wait_for()
    visitor.page.keyboard.type(PASSWORD)  # and so does this one
    press(visitor, "Enter")
    visitor.page.wait_for_url("**/home")


def test_skipping_to_the_content(buyer):
    buyer.go(SHOP)
    press(buyer, "Tab")
    assert where(buyer)["name"] == "Skip to content"
    assert where(buyer)["seen"]
    press(buyer, "Enter", "Tab")
    assert buyer.page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("buyer", "/c/northwind-dental/home"),
        ("buyer", SHOP),
        ("buyer", "/c/northwind-dental/orders"),
        ("msp", "/admin"),
        ("msp", "/admin/users/new"),
        ("msp", "/admin/products"),
        ("msp", "/admin/settings"),
    ],
)
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_one_sees_where_one_is_and_is_never_caught(request, who, path, colours):
    person = request.getfixturevalue(who)
    person.page.emulate_media(color_scheme=colours, reduced_motion="reduce")
    person.go(path)
    visited = []
    for _ in range(400):
        press(person, "Tab")
        at = where(person)
        if at["tag"] == "BODY":
            break
        assert at["seen"], at
        assert at["marked"], at
        visited.append(at["html"])
    else:
        raise AssertionError(f"there is no way out of {visited[-3:]}")
    assert len(visited) >= 10


def test_a_menu_opens_closes_and_gives_the_focus_back(buyer):
    buyer.go("/c/northwind-dental/home")
    tab_to(buyer, "Ben Okafor")
    press(buyer, "Enter")
    menu = buyer.page.locator("#user-menu")
    menu.wait_for(state="visible")
    press(buyer, "Tab")
    assert where(buyer)["name"] == "Your account"
    press(buyer, "Escape")
    menu.wait_for(state="hidden")
    assert "Ben Okafor" in where(buyer)["name"]


def test_a_dialog_asks_and_can_be_left(msp):
    msp.go("/admin/users")
    msp.main.locator("tbody a").nth(1).click()
    tab_to(msp, "Disable")
    press(msp, "Enter")
    dialog = msp.page.get_by_role("dialog")
    dialog.wait_for()
    for _ in range(6):  # the focus stays inside, or with the browser's own bars
        press(msp, "Tab")
        assert msp.page.evaluate(
            "document.activeElement === document.body"
            " || document.activeElement.closest('dialog') !== null"
        )
    press(msp, "Escape")
    dialog.wait_for(state="hidden")
    assert where(msp)["name"] == "Disable"


def test_searching_by_a_key_of_its_own(buyer):
    buyer.go("/c/northwind-dental/home")
    press(buyer, "/")
    assert where(buyer)["tag"] == "INPUT"
    buyer.page.keyboard.type("lumen")
    press(buyer, "Enter")
    buyer.page.wait_for_url("**/shop?search=lumen*")


def test_ordering(buyer):
    buyer.go(SHOP)
    tab_to(buyer, "Lumen")
    press(buyer, "Enter")
    buyer.page.wait_for_url("**/shop/*")
    tab_to(buyer, "Add to cart")
    press(buyer, "Enter")
    buyer.sees("Added to the cart.")
    buyer.go("/c/northwind-dental/cart")
    tab_to(buyer, "Place order")
    press(buyer, "Enter")
    buyer.page.wait_for_url("**/orders/ORD*")


def test_a_refusal_takes_the_focus_to_what_is_wrong(msp):
    msp.go("/admin/companies/new")
    tab_to(msp, "Add company")
    press(msp, "Enter")
    msp.sees("Please put this right.")
    msp.page.wait_for_function("document.activeElement.matches('[data-errors]')")
    press(msp, "Tab", "Enter")
    assert where(msp)["tag"] in {"INPUT", "SELECT"}
