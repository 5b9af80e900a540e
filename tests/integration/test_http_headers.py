"""The headers of every answer, whoever gave it."""

import re

import pytest

from adapters.memory.database import MemoryDatabase
from entrypoints.web import create_app
from tests.house import Browser, parts_for, settings_in

PLACES = [
    ("GET", "/login"),
    ("GET", "/nowhere"),
    ("GET", "/c/harbour/home"),
    ("POST", "/login"),
    ("DELETE", "/login"),
    ("GET", "/health/live"),
    ("GET", "/static/nothing.css"),
    ("GET", "/robots.txt"),
    ("OPTIONS", "/login"),
    ("GET", "/api/v1/nothing"),
]
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-robots-tag": "noindex, nofollow",
    "strict-transport-security": "max-age=31536000",
}


@pytest.mark.parametrize(("method", "path"), PLACES)
async def test_every_answer_has_them(town, method, path):
    answer = await town.browser().http.request(method, path)
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value, name
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    assert "camera=()" in answer.headers["permissions-policy"]
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "base-uri 'none'" in policy


async def test_even_a_wrong_host_gets_them(town):
    answer = await town.browser(url="https://elsewhere.example").get("/login")
    assert answer.status_code == 400
    assert "content-security-policy" in answer.headers


async def test_scripts_need_the_nonce_of_the_request(town):
    browser = town.browser()
    seen = set()
    for _ in range(3):
        answer = await browser.get("/login")
        policy = answer.headers["content-security-policy"]
        nonce = re.search(r"script-src 'nonce-([^']{22,})';", policy)[1]
        assert re.findall(r'<script[^>]* nonce="([^"]+)"', answer.text) == [nonce]
        seen.add(nonce)
    assert len(seen) == 3


async def test_pages_have_nothing_inline(town):
    browser = await town.signed_in("buyer")
    for path in ("/login", "/account", "/c/harbour/home", "/account/companies"):
        text = (await browser.get(path)).text
        assert not re.search(r"<script(?![^>]* src=)", text), path
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), path


async def test_without_https_nothing_is_promised_for_it(tmp_path, clock):
    settings = settings_in(tmp_path, public_url="http://portal.test")
    app = create_app(parts_for(settings, clock, MemoryDatabase()))
    answer = await Browser(app, url="http://portal.test").get("/login")
    assert "strict-transport-security" not in answer.headers


async def test_static_files_may_be_kept(town):
    browser = town.browser()
    text = (await browser.get("/login")).text
    sheet = re.search(r'href="(/static/app-[^"]+\.css)"', text)[1]
    answer = await browser.get(sheet)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
