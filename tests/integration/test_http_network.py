"""Whom we believe about where a request comes from, and how it is named."""

import pytest

from adapters.memory.database import MemoryDatabase
from entrypoints.web import create_app
from tests.house import URL, Browser, parts_for, settings_in

PROXY = "10.0.0.5"


@pytest.fixture
def app(tmp_path, clock):
    """A portal behind proxies in 10.0.0.0/8 and 2001:db8::/32."""
    settings = settings_in(tmp_path, trusted_proxies=("10.0.0.0/8", "2001:db8::/32"))
    return create_app(parts_for(settings, clock, MemoryDatabase()))


@pytest.fixture
def addresses(capsys):
    """Returns the address that the last line of the log names."""
    return lambda: capsys.readouterr().out.rpartition("address=")[2].split()[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("198.51.100.1", "", "198.51.100.1"),
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (PROXY, "1.1.1.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        (PROXY, "10.1.1.1, 10.9.9.9", "10.1.1.1"),
        (PROXY, "not an address", PROXY),
        (PROXY, "203.0.113.9:5123", "203.0.113.9"),
        (PROXY, "[2001:db8:1::1]:443", "2001:db8:1::1"),
        (PROXY, "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.5", "203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "203.0.113.9", "203.0.113.9"),
    ],
)
async def test_forwarded_addresses(app, addresses, peer, forwarded, seen):
    headers = {"x-forwarded-for": forwarded} if forwarded else {}
    await Browser(app, address=peer, headers=headers).get("/login")
    assert addresses() == seen


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("198.51.100.1", {}, 200),
        ("198.51.100.1", {"host": "PORTAL.example.com:8443"}, 200),
        ("198.51.100.1", {"host": "evil.example"}, 400),
        ("198.51.100.1", {"host": "portal.example.com.evil.example"}, 400),
        ("198.51.100.1", {"host": "portal.example.com@evil.example"}, 400),
        ("198.51.100.1", {"host": ""}, 400),
        ("198.51.100.1", {"x-forwarded-host": "evil.example"}, 200),
        (PROXY, {"host": "inside:8080", "x-forwarded-host": "portal.example.com"}, 200),
        (PROXY, {"x-forwarded-host": "evil.example"}, 400),
    ],
)
async def test_only_the_portals_own_name_is_answered(app, peer, headers, status):
    answer = await Browser(app, address=peer, headers=headers).get("/login")
    assert answer.status_code == status
    assert "evil" not in answer.text


async def test_health_is_answered_under_any_name(app):
    browser = Browser(app, headers={"host": "10.1.2.3:8080"})
    assert (await browser.get("/health/live")).text == "alive\n"
    assert (await browser.get("/health/ready")).status_code == 200


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        (PROXY, {}, 200),
        ("198.51.100.1", {}, 404),
        ("127.0.0.1", {"x-forwarded-for": "198.51.100.1"}, 404),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 404),
        (PROXY, {"x-forwarded-for": "198.51.100.1"}, 404),
        ("198.51.100.1", {"x-forwarded-for": "127.0.0.1"}, 404),
    ],
)
async def test_measurements_are_for_our_own_networks(app, peer, headers, status):
    answer = await Browser(app, address=peer, headers=headers).get("/metrics")
    assert answer.status_code == status


async def test_measurements_name_routes_and_not_addresses(app):
    browser = Browser(app, address="127.0.0.1")
    await browser.get("/c/harbour/home?secret=1")
    await browser.get("/nowhere-at-all")
    await browser.http.request("BREW", "/login")
    text = (await browser.get("/metrics")).text
    assert 'route="/c/{company}/home",status="303"' in text
    assert 'route="(none)",status="404"' in text
    assert 'method="other"' in text
    assert "portal_build_info" in text
    assert "harbour" not in text
    assert "nowhere" not in text


@pytest.mark.parametrize("given", ["abc-123_XYZ.9", "0" * 64])
async def test_a_good_request_id_is_kept(app, given):
    answer = await Browser(app).get("/login", headers={"x-request-id": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize(
    "given", ["", "short", "0" * 65, "<script>alert(1)</script>", "a b c d e", "é" * 9]
)
async def test_any_other_request_id_is_replaced(app, given, capsys):
    headers = {"x-request-id": given.encode("latin-1")}
    answer = await Browser(app).get("/nowhere", headers=headers)
    kept = answer.headers["x-request-id"]
    assert len(kept) == 32
    assert kept in answer.text
    assert f"request_id={kept}" in capsys.readouterr().out
    assert "alert(1)" not in answer.text


async def test_links_never_come_from_the_host_header(app):
    answer = await Browser(app).get("/.well-known/security.txt")
    assert f"Canonical: {URL}/.well-known/security.txt" in answer.text
