"""The command `portal` as an operator types it: what it prints, and its exit code."""

import contextlib
import json
import sqlite3
import stat

import httpx
import psycopg
import pytest

from tests.conftest import run_portal
from tests.e2e.browser import running_portal
from tests.feeds import a_row, as_xml, some_rows

pytestmark = pytest.mark.slow

KEYS = "k" * 40
PASSWORD = "a short sentence is fine"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.external)])
def url(request):
    """The address of an empty portal's database."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def portal(tmp_path, monkeypatch):
    """Run the command on a database; expect an exit code, and return what it printed."""
    monkeypatch.setenv("PORTAL_SECRET_KEYS", KEYS)

    def run(url, *words, code=0):
        done = run_portal(url, tmp_path, *words)
        assert done.returncode == code, done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


@pytest.fixture
def feed(tmp_path):
    """Write a feed and return its path."""

    def write(rows, cut=0):
        content = as_xml(rows)
        path = tmp_path / "feed.xml"
        path.write_bytes(content[: len(content) - cut])
        return str(path)

    return write


def opened(url):
    """Connect to a database for as long as a block lasts."""
    if url.startswith("sqlite"):
        return contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///")))
    return psycopg.connect(url)


def rows_of(url):
    """Return all rows of all tables, as sets of texts."""
    names = _SQLITE_TABLES if url.startswith("sqlite") else _TABLES
    with opened(url) as connection:
        tables = [name for (name,) in connection.execute(names).fetchall()]
        queries = {t: f"SELECT * FROM {t}" for t in tables}  # noqa: S608 - its own names
        return {
            table: {str(row) for row in connection.execute(query)}
            for table, query in queries.items()
        }


def test_the_demo_comes_and_goes_without_a_trace(portal, url):
    before = rows_of(url)
    printed = portal(url, "demo", "load")
    assert "morgan@harbour-it.example" in printed
    there = rows_of(url)
    assert (len(there["companies"]), len(there["products"])) == (3, 1_000)
    assert len(there["users"]) == 7
    assert "not empty" in portal(url, "demo", "load", code=1)
    portal(url, "demo", "remove")
    assert rows_of(url) == before
    portal(url, "demo", "load")
    assert rows_of(url)["order_numbers"] == there["order_numbers"]


def test_the_demo_is_the_same_everywhere(portal, sqlite_url, tmp_path):
    other = f"sqlite:///{tmp_path / 'other.db'}"
    portal(other, "db", "upgrade")
    seen = []
    for url in (sqlite_url, other):
        portal(url, "demo", "load")
        with opened(url) as base:
            wares = "SELECT sku, name, price_minor, on_hand FROM products ORDER BY sku"
            sold = "SELECT number, status, gross_minor FROM orders ORDER BY number"
            seen.append([base.execute(query).fetchall() for query in (wares, sold)])
    assert seen[0] == seen[1]


def test_a_feed_is_imported_and_then_nothing_changes(portal, url, feed):
    path = feed([*some_rows(3), a_row("00042"), a_row("1e5"), a_row("")])
    first = json.loads(portal(url, "catalogue", "import", path, "--json"))
    assert (first["created"], first["unchanged"]) == (5, 0)
    [skipped] = first["skipped"]
    assert (skipped["code"], skipped["reason"]) == ("", "no stock code")
    before = rows_of(url)["products"]
    again = json.loads(portal(url, "catalogue", "import", path, "--json"))
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 5)
    assert rows_of(url)["products"] == before
    assert "5 unchanged, 1 skipped" in portal(url, "catalogue", "import", path)


def test_a_refused_feed_changes_nothing(portal, url, feed):
    portal(url, "catalogue", "import", feed(some_rows(10)))
    before = rows_of(url)["products"]
    broken = portal(url, "catalogue", "import", feed(some_rows(10), cut=40), code=1)
    assert broken.startswith("This feed is broken at line 22: it ends too early.")
    shrunk = portal(url, "catalogue", "import", feed(some_rows(6)), code=1)
    assert "--force" in shrunk
    nowhere = portal(url, "catalogue", "import", "/nowhere.xml", code=1)
    assert "/nowhere.xml" in nowhere
    dry = portal(url, "catalogue", "import", feed(some_rows(11)), "--dry-run")
    assert "1 created" in dry
    assert rows_of(url)["products"] == before
    assert "6 unchanged" in portal(
        url, "catalogue", "import", feed(some_rows(6)), "--force"
    )


@pytest.mark.usefixtures("portal")
def test_an_administrator_is_made(sqlite_url, tmp_path):
    words = ["users", "create-admin", "--email", "ann@example.com", "--password-stdin"]

    def make(password):
        return run_portal(sqlite_url, tmp_path, *words, typed=f"{password}\n")

    refused = make("short")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "Use at least 15 characters; a short sentence is fine.\n"
    made = make(PASSWORD)
    assert (made.returncode, made.stdout) == (0, "ann@example.com can sign in now.\n")
    assert make(PASSWORD).returncode == 1


def test_a_key_is_printed_once_listed_and_revoked(portal, url):
    words = ["keys", "create", "--name", "robot", "--scope", "orders:read"]
    key = portal(url, *words, "--all-companies").strip()
    assert "\n" not in key
    [listed] = json.loads(portal(url, "keys", "list", "--json"))
    assert key.startswith(listed["lookup"])
    assert key not in json.dumps(listed)
    portal(url, "keys", "revoke", listed["id"])
    assert "revoked" in portal(url, "keys", "list")
    assert "no such company" in portal(url, *words, "--company", "nobody", code=1)
    assert "scope" in portal(url, *words[:-1], "fly", "--all-companies", code=1)
    portal(url, *words, code=2)


def test_the_doctor_says_what_is_wrong_and_the_cure(portal, url, empty_sqlite_url):
    findings = {f["check"]: f for f in json.loads(portal(url, "doctor", "--json"))}
    assert findings["database"]["verdict"] == "ok"
    assert findings["mail"] == {
        "check": "mail",
        "verdict": "warning",
        "detail": "no mail server: mail is kept in the data folder",
        "fix": "Set PORTAL_SMTP_URL and PORTAL_MAIL_FROM.",
    }
    failed = run_portal(empty_sqlite_url, ".", "doctor")
    assert failed.returncode == 1
    assert "Run `portal db upgrade`." in failed.stdout


def test_an_empty_outbox_has_nothing_to_do(portal, url):
    status = json.loads(portal(url, "outbox", "status", "--json"))
    assert (status["pending"], status["failed"]) == (0, 0)
    assert "0 deliveries" in portal(url, "outbox", "retry", "--since", "2026-01-01")


def test_the_schema_goes_up_and_down(portal, empty_sqlite_url):
    url = empty_sqlite_url
    assert portal(url, "db", "current") == "empty\n"
    assert "portal db upgrade" in portal(url, "db", "check", code=1)
    assert "portal db upgrade" in portal(url, "catalogue", "import", "x.xml", code=1)
    portal(url, "db", "upgrade")
    portal(url, "db", "check")
    portal(url, "db", "downgrade", "base")
    assert portal(url, "db", "current") == "empty\n"


@pytest.mark.parametrize(
    ("name", "value", "cure"),
    [
        ("PORTAL_DATABSE_URL", "x", "did you mean PORTAL_DATABASE_URL?"),
        ("PORTAL_SECRET_KEYS", "short", "at least 32 characters"),
        ("PORTAL_TIME_ZONE", "Sydney", "Australia/Sydney"),
        ("PORTAL_SMTP_URL_FILE", "/nowhere", "/nowhere can't be read"),
    ],
)
def test_a_wrong_setting_stops_the_start(
    portal, sqlite_url, monkeypatch, name, value, cure
):
    monkeypatch.setenv(name, value)
    complaint = portal(sqlite_url, "web", code=1)
    assert complaint.startswith(name)
    assert cure in complaint


def test_the_embedded_portal_goes_on_where_it_was(tmp_path):
    folder = tmp_path / "data"
    with running_portal(folder) as address:
        assert httpx.get(f"{address}/login").status_code == 200
    secret = folder / "secret_keys"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    kept = secret.read_text()
    with running_portal(folder) as address:
        assert httpx.get(f"{address}/setup?token=guess").status_code == 404
    assert secret.read_text() == kept
