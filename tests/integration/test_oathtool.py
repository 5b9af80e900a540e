"""Codes of another program than ours: what an authenticator shows is what we take."""

import shutil
import subprocess
from datetime import timedelta

import pytest

from tests.conftest import missing
from tests.integration.test_pages_sign_in import SECURITY, show_password
from tests.pages import look_at


@pytest.fixture
def oathtool():
    """Return the code that oathtool shows for a secret at a moment."""
    program = shutil.which("oathtool")
    if program is None:
        missing("oathtool is not here")

    def code(secret, now):
        moment = f"--now={now:%Y-%m-%d %H:%M:%S} UTC"
        command = [program, "--totp", "--base32", moment, secret]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return code


async def test_its_codes_sign_in_once(town, clock, oathtool):
    buyer = await town.signed_in("buyer")
    page = look_at(await buyer.get(f"{SECURITY}/authenticators/new"))
    secret = page.value("secret")
    fields = {"name": "oathtool", "secret": secret, "code": oathtool(secret, clock())}
    added = await buyer.post(f"{SECURITY}/authenticators", fields)
    assert added.headers["location"] == SECURITY

    used = fields["code"]
    clock.advance(timedelta(seconds=30))
    code = oathtool(secret, clock())
    for tried, taken in ((used, False), (code, True), (code, False)):
        browser = town.browser()
        await browser.get((await show_password(browser)).headers["location"])
        answer = await browser.post("/login/factor", {"code": tried})
        assert (answer.status_code == 303) is taken
        clock.advance(timedelta(seconds=5))
