"""One line per request, and never a secret in it."""

import json
import logging
import re
from contextlib import contextmanager

import pytest
import structlog

from entrypoints.logs import configure_logs
from tests.examples import PASSWORD


@contextmanager
def written(style="json"):
    """Write logs as the programs do."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(style, "debug")
    try:
        yield
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)


def lines_of(capsys):
    """Return the lines of the log."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def test_a_line_per_request(town, capsys):
    browser = await town.signed_in("buyer")
    with written():
        answer = await browser.get("/c/harbour/home?search=private-words")
    (line,) = lines_of(capsys)
    assert line["event"] == "request"
    assert line["method"] == "GET"
    assert line["route"] == "/c/{company}/home"
    assert line["status"] == 200
    assert line["actor"] == "user"
    assert line["actor_id"] == str(town.people["buyer"].id)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["ms"] >= 0
    assert "private-words" not in json.dumps(line)


async def test_no_secret_is_in_the_log(town, capsys):
    browser = town.browser()
    secrets = {PASSWORD, "wrong-password-here", "token-in-a-link", "key-in-a-header"}
    key = {"authorization": "Bearer key-in-a-header", "x-api-key": "key-in-a-header"}
    with written():
        await browser.get("/setup?token=token-in-a-link")
        await browser.sign_in("buyer@example.com", "wrong-password-here")
        await browser.sign_in("buyer@example.com")
        secrets |= {browser.cookie(), browser.token}
        await browser.get("/api/v1/companies", headers=key)
        await browser.post("/account", {"name": "Bea", "password": PASSWORD})
        await browser.post("/logout")
    out, err = capsys.readouterr()
    assert "request" in err
    for secret in filter(None, secrets):
        assert secret not in err, secret
        assert secret not in out, secret


@pytest.mark.parametrize("style", ["json", "console"])
async def test_a_traceback_tells_no_values(style, capsys):
    def fail(password):
        raise RuntimeError(str(len(password)))

    with written(style):
        try:
            fail(PASSWORD)
        except RuntimeError:
            structlog.get_logger().exception("failed")
    err = capsys.readouterr().err
    assert "RuntimeError" in err
    assert "def fail" in err or '"fail"' in err or "in fail" in err
    assert PASSWORD not in err


async def test_an_address_cannot_forge_a_line(town, capsys):
    with written():
        answer = await town.browser().get("/%0a%7b%22event%22:%22forged%22%7d")
    assert answer.status_code == 404
    assert not [line for line in lines_of(capsys) if line["event"] == "forged"]


async def test_logs_of_libraries_join_in(capsys):
    with written():
        logging.getLogger("some.library").warning("mind the %s", "gap")
    (line,) = lines_of(capsys)
    assert line["event"] == "mind the gap"
    assert line["level"] == "warning"
    assert re.match(r"\d{4}-\d\d-\d\dT", line["timestamp"])
