"""Signing in by a real OpenID Connect provider, in a real browser."""

import json
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import missing
from tests.e2e.browser import PATIENCE, Person

pytestmark = pytest.mark.browser

HERE = Path(__file__).with_name("openid")
MSP = "morgan@harbour-it.example"
BUYER = "ben@northwind-dental.example"
CLIENT = "atrium"
SECRET = "a client's secret: & very secret"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The provider's program, with its packages, where nothing else is."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        missing("There is no node to run an OpenID Connect provider.")
    folder = tmp_path_factory.mktemp("openid") / "provider"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(
        [npm, "ci", "--ignore-scripts", "--loglevel=error"], cwd=folder, check=True
    )
    return folder / "provider.mjs"


@contextmanager
def running_provider(program, redirect_uri):
    """Run the provider for a client that comes back there; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [shutil.which("node"), program, str(port), CLIENT, SECRET, redirect_uri],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + PATIENCE
        while not answers(f"{address}/.well-known/openid-configuration"):
            assert time.monotonic() < until, "The provider did not start."
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def answers(address):
    try:
        return httpx.get(address).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def provider(program, portal, chrome):
    """A provider that the MSP has added by its page."""
    msp = Person(chrome, portal).sign_in(MSP)
    msp.go("/admin/settings/providers/new?kind=openid")
    back = msp.main.locator(".copyable code").first.inner_text()
    with running_provider(program, back) as address:
        for name, value in {
            "address": address,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "name": "Quay ID",
        }.items():
            msp.main.locator(f"[name={name}]").fill(value)
        msp.press("Add provider")
        msp.sees("People can sign in by it")
        yield address


@pytest.fixture(scope="module")
def linked(provider, portal, chrome):
    """A buyer who has linked an account at the provider."""
    buyer = Person(chrome, portal).sign_in(BUYER)
    buyer.go("/account/security")
    buyer.page.get_by_role("link", name="Link Quay ID").click()
    sign_in_there(buyer)
    buyer.sees("Link Quay ID?")
    buyer.sees("ben@id.example")
    buyer.press("Link it")
    buyer.sees("It is linked")
    return buyer


def sign_in_there(person, name="ben"):
    """Fill in the provider's own pages."""
    person.page.locator("[name=login]").fill(name)
    person.page.locator("[name=password]").fill("any")
    person.page.get_by_role("button", name="Sign-in").click()
    person.page.get_by_role("button", name="Continue").click()


def start(person):
    person.go("/login")
    person.page.get_by_role("link", name="Sign in with Quay ID").click()


def test_who_has_linked_an_account_signs_in_by_it(linked, portal, chrome):
    person = Person(chrome, portal, java_script_enabled=False)
    start(person)
    sign_in_there(person)
    person.page.wait_for_url(f"{portal}/**")
    person.go("/account")
    person.sees("Ben")


def test_somebody_else_there_is_nobody_here(linked, portal, chrome):
    person = Person(chrome, portal)
    start(person)
    sign_in_there(person, "somebody-else")
    person.page.wait_for_url("**/login?next=*")
    person.sees("not linked to one here yet")


def hold_back(person):
    """Sign in there, but come back without the portal's cookie; return that way.

    Without it, nothing is done: the way stays good for who has the cookie.
    """
    start(person)
    kept = [one for one in person.context.cookies() if one["name"] == "atrium-errand"]
    person.context.clear_cookies(name="atrium-errand")
    sign_in_there(person)
    person.sees("did not sign you in here")
    person.context.add_cookies(kept)
    return person.page.url


def test_the_way_back_is_for_one_browser_and_one_time(linked, portal, chrome):
    victim, owner = Person(chrome, portal), Person(chrome, portal)
    way = hold_back(owner).removeprefix(portal)
    assert victim.go(way) == 422
    assert victim.go("/account") == 200
    assert urlsplit(victim.page.url).path == "/login"
    assert owner.go(way) == 200
    assert urlsplit(owner.page.url).path != "/login"
    assert owner.go(way) == 200  # signed in already: told that nothing was changed
    owner.sees("Nothing was changed")


@pytest.mark.parametrize("name", ["state", "code", "iss"])
def test_a_way_back_that_was_changed_leads_nowhere(linked, portal, chrome, name):
    person = Person(chrome, portal)
    url = httpx.URL(hold_back(person))
    changed = url.copy_set_param(name, url.params[name] + "x")
    assert person.go(str(changed).removeprefix(portal)) == 422
    person.sees("did not sign you in here")


def test_the_lock_of_the_provider_names_no_host():
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    packages = [one for path, one in lock["packages"].items() if path]
    assert packages
    assert all("resolved" not in one and one["integrity"] for one in packages)
