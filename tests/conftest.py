"""Where tests find the time, a fresh database, a queue and a browser.

PostgreSQL and Redis are looked for where PORTAL_TEST_POSTGRES_URL and PORTAL_TEST_REDIS_URL
say, else at their usual local addresses; Chromium where PORTAL_TEST_CHROMIUM says, else on
the path. What is not there skips its tests, but in CI it fails them.
"""

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests.people import SettableClock

POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS = "redis://127.0.0.1:6379"
EXTERNAL = {"postgres_url", "empty_postgres_url", "redis_url"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items):
    """Mark the tests that ask for a service or a browser, so that `-m` can tell."""
    for item in items:
        if EXTERNAL & set(item.fixturenames):
            item.add_marker("external")
        if "chromium" in item.fixturenames:
            item.add_marker("browser")


def pytest_collection_finish():
    """Look for garbage less often: each application leaves much, and a look costs more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_xdist_auto_num_workers():
    """Run one more than there are processors: some tests wait for a server."""
    return (os.cpu_count() or 1) + 1


def missing(reason):
    """Skip the test, or fail it in CI, where nothing may be missing."""
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(reason)
    pytest.skip(reason)


def run_portal(url, data, *words, typed=""):
    """Run the command `portal` on a database, and return what came of it."""
    settings = {"PORTAL_DATABASE_URL": url, "PORTAL_DATA_DIR": str(data)}
    return subprocess.run(
        [Path(sys.executable).with_name("portal"), *words],
        env=os.environ | settings,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def migrate(url, data):
    """Bring an empty database to the newest schema, as an operator would."""
    done = run_portal(url, data, "db", "upgrade")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def portal(tmp_path):
    """Run the command `portal` on the database at an address."""
    return lambda url, *words: run_portal(url, tmp_path, *words)


@pytest.fixture
def clock():
    """A clock that stands at noon until it is told otherwise."""
    return SettableClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """The file of an empty, migrated SQLite database."""
    folder = tmp_path_factory.mktemp("sqlite")
    path = folder / "template.db"
    migrate(f"sqlite:///{path}", folder)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path):
    """The address of a fresh, migrated SQLite database of the test's own."""
    path = shutil.copy(sqlite_template, tmp_path / "portal.db")
    return f"sqlite:///{path}"


@pytest.fixture
def empty_sqlite_url(tmp_path):
    """The address of a SQLite database without a schema."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


class PostgresServer:
    """A server on which tests may make databases, each with a name of its own."""

    def __init__(self, url, prefix):
        self.url = url
        self.prefix = prefix
        self.count = 0

    def run(self, statement):
        """Run one statement of administration."""
        with psycopg.connect(self.url, autocommit=True, connect_timeout=3) as connection:
            connection.execute(statement)

    def create(self, template="template0"):
        """Make a database and return its name."""
        self.count += 1
        name = f"{self.prefix}_{self.count}"
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name):
        """Remove a database, whoever is still connected."""
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def address(self, name):
        """Return the address of one of its databases."""
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def postgres(worker_id):
    """The PostgreSQL server."""
    url = os.environ.get("PORTAL_TEST_POSTGRES_URL") or POSTGRES
    server = PostgresServer(url, f"atrium_test_{os.getpid()}_{worker_id}")
    try:
        server.run("SELECT 1")
    except psycopg.OperationalError as error:
        missing(f"PostgreSQL does not answer: {error}")
    return server


@pytest.fixture(scope="session")
def postgres_template(postgres, tmp_path_factory):
    """The name of an empty, migrated PostgreSQL database that nobody is connected to."""
    name = postgres.create()
    try:
        migrate(postgres.address(name), tmp_path_factory.mktemp("postgres"))
        yield name
    finally:
        postgres.drop(name)


@pytest.fixture
def postgres_url(postgres, postgres_template):
    """The address of a fresh, migrated PostgreSQL database of the test's own."""
    name = postgres.create(postgres_template)
    yield postgres.address(name)
    postgres.drop(name)


@pytest.fixture
def empty_postgres_url(postgres):
    """The address of a PostgreSQL database without a schema."""
    name = postgres.create()
    yield postgres.address(name)
    postgres.drop(name)


@pytest.fixture
def redis_url(worker_id):
    """The address of an empty Redis database that no other worker of this run uses."""
    worker = int(worker_id.removeprefix("gw")) if worker_id != "master" else 0
    run = os.getpid() if worker_id == "master" else os.getppid()
    base = os.environ.get("PORTAL_TEST_REDIS_URL") or REDIS
    number = 1 + (run * 4 + worker) % 15
    url = urlsplit(base)._replace(path=f"/{number}").geturl()
    with redis.Redis.from_url(url, socket_connect_timeout=3) as client:
        try:
            client.flushdb()
        except redis.ConnectionError as error:
            missing(f"Redis does not answer: {error}")
        yield url
        client.flushdb()


@pytest.fixture(scope="session")
def chromium():
    """The path of the machine's Chromium."""
    found = os.environ.get("PORTAL_TEST_CHROMIUM")
    found = found or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing("There is no Chromium on this machine.")
    return found
