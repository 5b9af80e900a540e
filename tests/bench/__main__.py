"""Measures the portal in its production layout, and beside each figure its floor.

`python -m tests.bench [--short] [--only sqlite|postgres] [--seconds S]` prints tables. The
floor is a bare Litestar handler that asks the database one hand-written query and answers
the same bytes, measured in the same run on the same machine.
"""

import argparse
import asyncio
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
import psycopg
from msgspec import Struct
from sqlalchemy import event

from adapters.http.house import BEFORE_SIGN_IN, SESSION, House
from adapters.sql import schema
from entrypoints.container import Container, closing
from entrypoints.logs import configure_logs
from entrypoints.settings import Settings
from entrypoints.web import create_app
from portal_core.automation.model import EndpointDetails
from portal_core.automation.ports import DeliveryFilter
from portal_core.commerce.ports import OrderFilter
from portal_core.delivery import DeliveryState
from portal_core.identity.actor import Actor
from portal_core.paging import Window
from tests.bench.data import PASSWORD, Size, feed_rows, furnish
from tests.bench.guesses import compare, time_guesses
from tests.bench.load import Measured, Plan, Request

CONNECTIONS = 16
SYSTEM = Actor.system("bench")
FEED_ITEMS = 20_000
SHORT = 2.0


class Case(Struct, frozen=True):
    """Something that visitors do. `requests` makes a connection's requests."""

    name: str
    requests: Callable[[int], list[Request]]
    expected: tuple[int, ...] = (200,)
    unsafe: bool = False


class Row(Struct, frozen=True, kw_only=True):
    """A line of the table."""

    name: str
    portal: Measured
    floor: Measured
    queries: int


class Bench:
    """One portal on one database, with visitors."""

    def __init__(self, folder, url, seconds):
        self.port, self.floor_port = free_port(), free_port()
        self.folder, self.url, self.seconds = folder, url, seconds
        self.environment = {
            "PATH": os.environ["PATH"],
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_DATABASE_URL": url,
            "PORTAL_SECRET_KEYS": "b" * 40,
            "PORTAL_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "PORTAL_TRUSTED_PROXIES": "127.0.0.1/32",
            "PORTAL_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "PORTAL_LOG_LEVEL": "error",
        }
        self.settings = Settings.read(self.environment)
        self.visitors = []
        self.house = None
        self.keys = []

    async def prepare(self, size):
        """Make the schema and the data."""
        await schema.upgrade(self.url)
        async with closing(Container(settings=self.settings)) as parts:
            self.house = House(
                public_url=self.settings.public_url,
                signer=parts.signer(),
                currency="AUD",
                time_zone="UTC",
            )
            rows = feed_rows(size.products)
            await parts.importing().run_rows(SYSTEM, "catalogue", rows)
            self.visitors = await furnish(parts, size)
            for number in range(4 * CONNECTIONS):  # each has a budget of its own
                _, key = await parts.api_keys().create(
                    SYSTEM, name=f"{number}", scopes=["products:read"], company_id=None
                )
                self.keys.append(key)

    def cases(self):
        """Return everything that is measured."""
        shop = "/c/{slug}/shop"
        return [
            Case("sign-in", self._sign_ins, (303,), unsafe=True),
            Case("shop page", lambda n: self._gets(n, shop)),
            Case("shop search", lambda n: self._gets(n, shop + "?search=halcyon+dock")),
            Case("product page", lambda n: self._gets(n, f"{shop}/{self.sku}")),
            Case("product API", self._api),
            Case("cart add", self._cart_adds, (303,), unsafe=True),
            Case("checkout", self._checkouts, (303,), unsafe=True),
            Case("order list", lambda n: self._gets(n, "/c/{slug}/orders")),
            Case("order page", self._order_pages),
        ]

    def some(self, connection):
        """Return the visitors of a connection: others for each."""
        return self.visitors[connection::CONNECTIONS][:60]

    def _gets(self, connection, path):
        return [
            Request(self.http("GET", path.format(slug=one.slug), one))
            for one in self.some(connection)
        ]

    def _api(self, connection):
        keys = cycle(self.keys[connection::CONNECTIONS])
        visits = zip(self.some(connection), keys, strict=False)
        return [Request(self._list_products(one, key)) for one, key in visits]

    def _list_products(self, one, key):
        headers = {"authorization": f"Bearer {key}"}
        path = f"/api/v1/companies/{one.slug}/products"
        return self.http("GET", path, one, headers)

    def _sign_ins(self, connection):
        return [self._sign_in(one) for one in self.some(connection)]

    def _sign_in(self, one):
        secret = f"form-{one.token}"
        form = {
            "csrf_token": self.house.form_token(secret),
            "email": one.email,
            "password": PASSWORD,
        }
        headers = {"cookie": f"{BEFORE_SIGN_IN}={secret}"}
        return Request(self.http("POST", "/login", one, headers, form))

    def _cart_adds(self, connection):
        return [Request(self._add(one)) for one in self.some(connection)]

    def _add(self, one):
        form = {"sku": self.sku, "quantity": "1"}
        return self._post(f"/c/{one.slug}/cart", one, form)

    def _checkouts(self, connection):
        return [
            Request(self._post(f"/c/{one.slug}/cart/order", one, {}), self._add(one))
            for one in self.some(connection)
        ]

    def _order_pages(self, connection):
        return [
            Request(self.http("GET", f"/c/{one.slug}/orders/{self.numbers[one.slug]}", one))
            for one in self.some(connection)
        ]

    def _post(self, path, one, form):
        token = self.house.form_token(one.token)
        return self.http("POST", path, one, {}, form | {"csrf_token": token})

    def http(self, method, path, one, headers=None, form=None):
        """Return the bytes of a request by a visitor."""
        body = urlencode(form).encode() if form is not None else b""
        lines = {
            "host": f"127.0.0.1:{self.port}",
            "x-forwarded-for": one.address,
            "cookie": f"{SESSION}={one.token}",
            **(headers or {}),
        }
        if form is not None:
            lines["content-type"] = "application/x-www-form-urlencoded"
            lines["content-length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body

    async def look_up(self):
        """Find a product that is never out, and an order of each company."""
        async with closing(Container(settings=self.settings)) as parts:
            async with parts.database().read() as work:
                page = await work.orders.page_across(OrderFilter(), Window(500))
            self.numbers = {order.company_slug: order.number for order in page.items}
            self.sku = next(iter(feed_rows(1)))["StockCode"]


async def measure_imports(settings, items):
    """Import a feed for the first time, again, and with one row in twenty changed."""
    times = {}
    await schema.upgrade(settings.database_url)
    async with closing(Container(settings=settings)) as parts:
        importing = parts.importing()
        for name, changed in (("first", 0), ("unchanged", 0), ("5 % changed", items // 20)):
            began = time.perf_counter()
            await importing.run_rows(SYSTEM, name, feed_rows(items, changed=changed))
            times[f"{items:,} items, {name}"] = time.perf_counter() - began
    return times


async def queries_of(bench, case):
    """Return how many statements one request makes, asked of the application itself."""
    request = case.requests(0)[0]
    parts = Container(settings=bench.settings)
    counted = []
    engine = parts.engine().sync_engine
    event.listen(engine, "before_cursor_execute", lambda *_: counted.append(1))
    app = create_app(parts)
    transport = httpx.ASGITransport(app=app)
    address = f"http://127.0.0.1:{bench.port}"
    client = httpx.AsyncClient(transport=transport, base_url=address)
    async with closing(parts), client:
        for raw in (request.raw, request.raw, request.before, request.raw):
            if raw:
                counted.clear()
                await client.send(parsed(client, raw))
    return len(counted)


def parsed(client, raw):
    """Return the bytes of a request as httpx sends them."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return client.build_request(method, path, headers=headers, content=body)


def load(port, bench, case, requests, expected):
    """Ask in a process of its own; return what it measured."""
    plan = Plan(
        port=port,
        seconds=bench.seconds,
        warm_up=min(1.0, bench.seconds / 3),
        requests=requests,
        expected=list(expected),
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=msgspec.msgpack.encode(plan),
        stdout=subprocess.PIPE,
        check=True,
        timeout=bench.seconds + 60,
    )
    measured = msgspec.msgpack.decode(done.stdout, type=Measured)
    if measured.wrong or not measured.times:
        right = len(measured.times)
        raise SystemExit(f"{case.name}: answers {measured.wrong}, {right} of them right")
    return measured


def measure(bench, case):
    """Measure a case and its floor, one after the other."""
    requests = [case.requests(n) for n in range(CONNECTIONS)]
    portal = load(bench.port, bench, case, requests, case.expected)
    body = bench.folder / "body"
    body.write_bytes(b"x" * max(1, portal.bytes))
    method = "POST" if case.unsafe else "GET"
    length = "content-length: 0\r\n" if case.unsafe else ""
    raw = f"{method} / HTTP/1.1\r\nhost: 127.0.0.1\r\n{length}\r\n".encode()
    with running(
        [sys.executable, "-m", "tests.bench.floor", str(bench.floor_port), bench.url, body],
        os.environ,
        bench.floor_port,
    ):
        floor = load(bench.floor_port, bench, case, [[Request(raw)]] * CONNECTIONS, (200,))
    queries = asyncio.run(queries_of(bench, case))
    return Row(name=case.name, portal=portal, floor=floor, queries=queries)


async def measure_outbox(bench, count):
    """Return how many deliveries a second reach a receiver on this machine."""
    taken = 0

    async def receive(reader, writer):
        nonlocal taken
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                start = head.index(b"content-length:")
                length = int(head[start + 15 : head.index(b"\r", start)])
                await reader.readexactly(length)
                taken += 1
                writer.write(b"HTTP/1.1 204 OK\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    hook = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    async with server, closing(Container(settings=bench.settings)) as parts:
        await parts.relay().run()
        endpoint = await parts.endpoints().create(SYSTEM, EndpointDetails(url=hook))
        for _ in range(count):
            await parts.endpoints().test(SYSTEM, endpoint.id)
        began = time.perf_counter()
        await parts.relay().run()
        took = time.perf_counter() - began
        wanted = DeliveryFilter(state=DeliveryState.PENDING, endpoint_id=endpoint.id)
        left = await parts.deliveries().page(SYSTEM, wanted, Window(1))
        await parts.endpoints().remove(SYSTEM, endpoint.id)
    if left.items or taken < count:
        raise SystemExit(f"only {taken} of {count} deliveries arrived")
    return count / took


@contextmanager
def running(command, environment, port):
    """Run a program until the block ends; wait until it listens."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while not listens(port):
            if time.monotonic() > until or process.poll() is not None:
                raise SystemExit(f"{command[0]} did not start")
            time.sleep(0.05)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def megabytes(process):
    """Return how much memory a process holds, where the system tells."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return "?"
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
    return f"{int(line.split()[1]) // 1_024} MB"


def print_table(rows):
    print("| | req/s | p50 ms | p99 ms | queries | kB | floor req/s | times floor |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        portal, floor = row.portal, row.floor
        print(
            f"| {row.name} | {portal.rate:,.0f} | {portal.at(0.5):.1f} "
            f"| {portal.at(0.99):.1f} | {row.queries} | {portal.bytes / 1_000:.1f} "
            f"| {floor.rate:,.0f} | {floor.rate / portal.rate:.1f} |"
        )


def print_guesses(bench, tries):
    """Say how long wrong passwords take at known addresses, and at unknown ones."""
    known, unknown, least, most = compare(*time_guesses(bench, tries))
    print(
        f"\nWrong password: {known:.1f} ms at a known address, {unknown:.1f} ms at an "
        f"unknown one (medians of {tries} each); the difference lies between {least:+.2f} "
        f"and {most:+.2f} ms (95 %)."
    )


@contextmanager
def database(kind, folder):
    """Yield the address of an empty database of the kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    server = os.environ.get("PORTAL_TEST_POSTGRES_URL")
    server = server or "postgresql://postgres@127.0.0.1:5432/postgres"
    name = f"atrium_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(kind, size, seconds):
    """Measure everything on one kind of database, and print it."""
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        items = max(size.products, FEED_ITEMS) if seconds > SHORT else size.products
        imports = asyncio.run(measure_imports(Bench(Path(name), url, 0).settings, items))
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        bench = Bench(Path(name), url, seconds)
        asyncio.run(bench.prepare(size))
        asyncio.run(bench.look_up())
        portal = str(Path(sys.executable).with_name("portal"))
        web = [portal, "web", f"--port={bench.port}"]
        print(f"\n## {kind}, {size.products:,} products, {size.orders:,} orders\n")
        with running(web, bench.environment, bench.port) as process:
            at_rest = megabytes(process)
            worker = subprocess.Popen([portal, "worker"], env=bench.environment)
            try:
                rows = [measure(bench, case) for case in bench.cases()]
            finally:
                worker.send_signal(signal.SIGTERM)
                worker.wait(30)
            print_table(rows)
            print_guesses(bench, 500 if seconds > SHORT else 50)
            print(
                f"\nMemory of the web process: {at_rest} at rest, "
                f"{megabytes(process)} after."
            )
        deliveries = asyncio.run(measure_outbox(bench, 2_000 if seconds > SHORT else 200))
        print(f"Outbox: {deliveries:,.0f} deliveries a second to a local receiver.")
        print("\n| feed | seconds |\n|---|---|")
        for what, took in imports.items():
            print(f"| {what} | {took:.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a small portal, for a check")
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--seconds", type=float, default=5.0, help="for each figure")
    parser.add_argument("--products", type=int, default=5_000)
    options = parser.parse_args()
    size = Size(products=options.products)
    if options.short:
        size = Size(companies=5, users=200, products=500, orders=300, events=900)
    seconds = SHORT if options.short else options.seconds
    configure_logs("json", "error")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, 16 connections")
    for kind in (options.only,) if options.only else ("sqlite", "postgres"):
        run(kind, size, seconds)


if __name__ == "__main__":
    main()
