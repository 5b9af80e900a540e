"""The explorer in a browser, under the strict policy of every page."""

import pytest

from tests.e2e.browser import Person, browser, running_portal

pytestmark = pytest.mark.browser


def test_the_explorer_shows_the_api_and_breaks_no_rule(tmp_path, chromium):
    with running_portal(tmp_path) as address, browser(chromium) as started:
        somebody = Person(started, address)
        asked = []
        somebody.page.on("request", lambda request: asked.append(request.url))
        assert somebody.go("/api/docs") == 200
        somebody.sees("Place an order")
        somebody.page.locator("#operations-Orders-placeOrder button").first.click()
        somebody.sees("Needs the scope")
        assert somebody.complaints == []
        assert all(url.startswith((address, "data:")) for url in asked)
