"""axe looks at every page, in light and dark, on a desk and on a phone.

Pages are found by following links, and held against the routes of the application: a new
page joins by itself, or fails here because nothing leads to it.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.browser import Person
from tests.e2e.walking import walk

MSP = "morgan@harbour-it.example"
BUYER = "ben@northwind-dental.example"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
LEADS_ELSEWHERE = {
    "/": "goes on to one's first room",
    "/c/{company}": "goes on to the company's home",
    "/c/{company}/enter": "goes on to a room of the company",
    "/account/prove": "goes on to the page that asked for a proof",
    "/account/links/new": "is there for who came back from a provider: see test_openid.py",
    "/account/proved": "is there for who came back from a provider: see test_openid.py",
    "/setup": "is there only while there is no user",
    "/admin/imports/{import_id}/progress": "is a part of the import's page",
}
FEED = b"""<rss><channel><item><StockCode>A-1</StockCode><ProductName>Lamp</ProductName>
<DBP>9</DBP></item><item><ProductName>No code</ProductName></item></channel></rss>"""


def problems_of(person):
    """Return what axe and the width of the page have to complain of, in every look."""
    found = set()
    for colours, width in LOOKS:
        person.page.emulate_media(color_scheme=colours, reduced_motion="reduce")
        person.page.set_viewport_size({"width": width, "height": 900})
        seen = Axe().run(person.page, options={"runOnly": RULES}).response
        for rule in seen["violations"]:
            nodes = [" ".join(map(str, node["target"])) for node in rule["nodes"][:3]]
            found.add(f"{colours} {width}: {rule['id']} at {nodes}")
        if person.page.evaluate("document.scrollingElement.scrollWidth") > width:
            found.add(f"{colours} {width}: scrolls sideways")
    return sorted(found)


def look_around(person, start, patterns):
    """Look at every page that can be reached; return their routes and what is wrong."""
    there, wrong = set(), {}
    for name, _ in walk(person, start, patterns):
        there.add(name)
        if problems := problems_of(person):
            wrong[name] = problems
    return there, wrong


def furnish(msp):
    """Make one of everything that the demo has not."""
    msp.go("/admin/endpoints/new")
    msp.page.locator("input[name=url]").fill("http://127.0.0.1:8099/hook")
    msp.main.locator("input[name=events]").first.check()
    msp.press("Register endpoint")
    msp.sees("whsec_")
    msp.press("Send a test")
    msp.sees("A test is on its way.")
    msp.go("/admin/imports/new")
    feed = {"name": "feed.xml", "mimeType": "text/xml", "buffer": FEED}
    msp.page.locator("input[type=file]").set_input_files(feed)
    msp.press("Upload feed")
    msp.sees("no stock code")
    clients = ("northwind-dental", "brightwater-legal", "cedar-and-co")
    for room in ("/admin/settings", *(f"/c/{client}/settings" for client in clients)):
        msp.go(f"{room}/roles/new")
        msp.page.locator("input[name=name]").fill("Reception")
        msp.press("Save")
        msp.sees("The role is there.")
    for client in clients:
        msp.go(f"/admin/companies/{client}/variables")
        msp.page.locator("input[name=name]").fill("contract")
        msp.page.locator("input[name=value]").fill("C-4711")
        msp.press("Set")
        msp.sees("The variable is set.")
    msp.go("/admin/settings/providers/new?kind=github")
    msp.page.locator("input[name=client_id]").fill("portal")
    msp.page.locator("input[name=client_secret]").fill("hush")
    msp.press("Add provider")
    msp.sees("People can sign in by it")


def test_every_page_of_the_msp_is_for_everybody(portal, chrome, patterns):
    msp = Person(chrome, portal, bypass_csp=True).sign_in(MSP)
    furnish(msp)
    there, wrong = look_around(msp, "/admin", patterns)
    assert wrong == {}
    rooms = {name for name, (_, closed) in patterns.items() if closed}
    assert rooms - there - LEADS_ELSEWHERE.keys() == set()


def test_every_page_of_a_buyer_is_for_everybody(portal, chrome, patterns):
    buyer = Person(chrome, portal, bypass_csp=True).sign_in(BUYER)
    there, wrong = look_around(buyer, "/c/northwind-dental/home", patterns)
    assert wrong == {}
    assert "/c/{company}/shop/{sku}" in there


@pytest.mark.parametrize(
    "path", ["/login", "/forgot", "/reset?token=none", "/nowhere", "/api/docs"]
)
def test_every_open_page_is_for_everybody(portal, chrome, path):
    visitor = Person(chrome, portal, bypass_csp=True)
    visitor.go(path)
    if path == "/api/docs":  # the explorer's own parts are its makers' business
        visitor.page.evaluate("document.querySelector('.explorer').remove()")
    assert problems_of(visitor) == []


def test_a_refused_form_is_for_everybody(portal, chrome):
    visitor = Person(chrome, portal, bypass_csp=True)
    visitor.go("/login")
    visitor.page.locator("input[name=email]").fill("nobody@example.com")
    visitor.press("Continue")
    visitor.page.locator("input[name=password]").fill("wrong-password")
    visitor.press("Sign in")
    visitor.sees("You are not signed in")
    assert problems_of(visitor) == []
