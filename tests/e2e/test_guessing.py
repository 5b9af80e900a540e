"""A thousand guesses against two web processes, which count them in one place."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from entrypoints.container import Container, closing
from entrypoints.settings import Settings
from tests.people import SYSTEM

pytestmark = pytest.mark.slow

PASSWORD = "nobody-types-this-one"
OWNER = "owner@guesses.example"
GUESSES = 1_000
AT_ONCE = 20


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def two_webs(folder, database_url):
    """Run two web processes on one database; yield their addresses."""
    ports = free_port(), free_port()
    environment = {
        "PATH": os.defpath,
        "PORTAL_DATA_DIR": str(folder),
        "PORTAL_DATABASE_URL": database_url,
        "PORTAL_SECRET_KEYS": "g" * 40,
        "PORTAL_PUBLIC_URL": "http://portal.example",
        "PORTAL_TRUSTED_PROXIES": "127.0.0.1/32",
        "PORTAL_LOG_LEVEL": "error",
    }
    asyncio.run(furnish(Settings.read(environment)))
    portal = Path(sys.executable).with_name("portal")
    webs = [
        subprocess.Popen([portal, "web", f"--port={port}"], env=environment)
        for port in ports
    ]
    try:
        addresses = [f"http://127.0.0.1:{port}" for port in ports]
        for address in addresses:
            wait_for(address)
        yield addresses
    finally:
        for web in webs:
            web.terminate()
        for web in webs:
            web.wait(30)


async def furnish(settings):
    async with closing(Container(settings=settings)) as parts:
        await parts.users().create(SYSTEM, email=OWNER, name="Owner", password=PASSWORD)


def wait_for(address):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/health/ready").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"{address} did not get ready")


class Guesser:
    """Somebody at a browser of their own who knows addresses, and no password."""

    def __init__(self, address):
        self.http = httpx.AsyncClient(base_url=address, headers={"host": "portal.example"})
        self.token = ""

    async def arrive(self, source):
        page = await self.http.get("/login", headers={"x-forwarded-for": source})
        self.token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]

    async def sign_in(self, email, password, source):
        form = {"csrf_token": self.token, "email": email, "password": password}
        headers = {"x-forwarded-for": source}
        return await self.http.post("/login", data=form, headers=headers)


async def guess(addresses, emails):
    """Guess from one network, everywhere at once; return the statuses of the answers."""
    guessers = [Guesser(addresses[n % 2]) for n in range(AT_ONCE)]
    for number, guesser in enumerate(guessers):
        await guesser.arrive(f"203.0.113.{number}")
    numbers = iter(range(GUESSES))

    async def go_on(guesser):
        statuses = []
        for number in numbers:
            source = f"203.0.113.{number % 250}"
            email = emails[number % len(emails)]
            answer = await guesser.sign_in(email, f"wrong password {number}", source)
            statuses.append(answer.status_code)
        return statuses

    found = await asyncio.gather(*(go_on(guesser) for guesser in guessers))
    for guesser in guessers:
        await guesser.http.aclose()
    return [status for statuses in found for status in statuses]


async def the_owner_gets_in(addresses, source):
    for address in addresses:
        owner = Guesser(address)
        await owner.arrive(source)
        answer = await owner.sign_in(OWNER, PASSWORD, source)
        await owner.http.aclose()
        assert answer.status_code == 303, answer.text


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.external)],
)
def webs(request, tmp_path):
    url = request.getfixturevalue(f"{request.param}_url")
    with two_webs(tmp_path, url) as addresses:
        yield addresses


@pytest.mark.parametrize(
    ("emails", "least", "most"),
    [
        pytest.param([OWNER], 4, 12, id="one account"),
        pytest.param(
            [f"user-{n}@guesses.example" for n in range(GUESSES - 1)] + [OWNER],
            50,
            60,
            id="a thousand accounts",
        ),
    ],
)
def test_a_thousand_guesses_from_one_network_are_slowed_down(webs, emails, least, most):
    """Few are looked at, in whichever process; the owner comes in from elsewhere."""
    statuses = asyncio.run(guess(webs, emails))
    assert len(statuses) == GUESSES
    assert set(statuses) == {422, 429}
    assert least <= statuses.count(422) <= most
    asyncio.run(the_owner_gets_in(webs, "198.51.100.7"))
