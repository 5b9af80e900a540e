"""The portal with everybody in it: in memory, and as a program with a browser."""

import pytest

from adapters.memory.database import MemoryDatabase
from tests.e2e.browser import browser, running_portal
from tests.e2e.walking import page_patterns
from tests.house import parts_for, settings_in, settle


@pytest.fixture
async def town(tmp_path, clock):
    """A portal with companies, people, products and orders, in memory."""
    town = await settle(parts_for(settings_in(tmp_path), clock, MemoryDatabase()))
    await town.stock_up()
    return town


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """The address of a portal with the demo in it."""
    with running_portal(tmp_path_factory.mktemp("portal"), "--demo") as address:
        yield address


@pytest.fixture(scope="module")
def chrome(chromium):
    """A headless Chromium."""
    with browser(chromium) as started:
        yield started


@pytest.fixture(scope="module")
def patterns(tmp_path_factory):
    """The addresses of all pages, as the application has them, by what they match."""
    return page_patterns(tmp_path_factory.mktemp("app"))
