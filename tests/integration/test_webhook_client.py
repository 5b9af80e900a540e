"""The client of webhooks, against a receiver that behaves badly."""

import asyncio
import gzip
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from adapters.net.client import LONGEST_ANSWER, GuardedClient
from adapters.net.guard import NetworkGuard
from portal_core.automation.model import new_secret
from portal_core.automation.payloads import signed_headers
from portal_core.errors import Unavailable
from portal_core.ids import DeliveryId, new_id
from tests.listening import certificate_for, listening


class Receiver:
    """Speaks just enough HTTP to say what it is told to say, in bytes."""

    def __init__(self):
        self.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        self.endless = False
        self.requests = []
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.lower().splitlines()
                if line.startswith(b"content-length")
            )
            self.requests.append((head, await reader.readexactly(length)))
            writer.write(self.answer)
            await writer.drain()
            while self.endless:
                writer.write(b"x" * 65_536)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass


@asynccontextmanager
async def receiving():
    receiver = Receiver()

    async def serve(reader, writer):
        await receiver.serve(reader, writer)  # some tests exchange it

    async with listening(serve) as receiver.port:
        yield receiver


@pytest.fixture
async def receiver():
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def client():
    client = GuardedClient(NetworkGuard(allowed=["127.0.0.0/8"]))
    yield client
    await client.close()


def answering(status, body=b"", **headers):
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def test_a_receiver_verifies_what_it_got(client, receiver):
    secret, old = new_secret(), new_secret()
    id_, body = DeliveryId(new_id()), b'{"type":"order.placed"}'
    headers = signed_headers(
        id_, datetime.fromtimestamp(time.time(), UTC), body, (secret, old)
    )
    assert (await client.post(receiver.url, body, headers)).status == 204
    head, got = receiver.requests[0]
    lines = (line.split(": ", 1) for line in head.decode().splitlines()[1:] if line)
    received = {name.lower(): value for name, value in lines}
    for live in (secret, old):
        Webhook(live).verify(got, received)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(got, received)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(got + b" ", received)
    assert received["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("status", [200, 302, 400, 410, 500])
async def test_any_answer_is_an_answer(client, receiver, status):
    receiver.answer = answering(status, b"so", location="http://127.0.0.1:1/elsewhere")
    sent = await client.post(receiver.url, b"{}", {})
    assert (sent.status, sent.body) == (status, "so")
    assert len(receiver.requests) == 1


async def test_it_hears_how_long_to_wait(client, receiver):
    receiver.answer = answering(429, retry_after="120")
    assert (await client.post(receiver.url, b"{}", {})).retry_after == 120


async def test_it_hears_until_when_to_wait(client, receiver):
    receiver.answer = answering(
        503,
        date="Mon, 01 Jun 2026 12:00:00 GMT",
        retry_after="Mon, 01 Jun 2026 12:05:00 GMT",
    )
    assert (await client.post(receiver.url, b"{}", {})).retry_after == 300


@pytest.mark.parametrize("text", ["soon", "-5", "", "²"])
async def test_nonsense_about_waiting_is_ignored(client, receiver, text):
    receiver.answer = answering(503, retry_after=text).replace("²".encode(), b"\xb2")
    assert (await client.post(receiver.url, b"{}", {})).retry_after is None


async def test_an_endless_answer_is_cut(client, receiver):
    receiver.answer, receiver.endless = b"HTTP/1.1 500 No\r\n\r\n", True
    sent = await client.post(receiver.url, b"{}", {})
    receiver.endless = False
    assert len(sent.body) == LONGEST_ANSWER


async def test_a_body_that_never_ends_does_not_make_a_success_a_failure(client, receiver):
    receiver.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"
    sent = await client.post(receiver.url, b"{}", {})
    assert (sent.status, sent.body) == (200, "half")


async def test_the_next_address_is_tried_where_nobody_answers(receiver):
    async def resolve(_host, _port):
        return ["127.9.9.9", "127.0.0.1"]

    guard = NetworkGuard(allowed=["127.0.0.0/8"], resolve=resolve)
    client = GuardedClient(guard)
    url = f"http://hooks.example:{receiver.port}/hook"
    assert (await client.post(url, b"{}", {})).status == 204
    await client.close()
    assert (
        f"host: hooks.example:{receiver.port}".encode() in receiver.requests[0][0].lower()
    )


async def test_a_packed_answer_is_not_unpacked(client, receiver):
    bomb = gzip.compress(b"\0" * 10_000_000)
    receiver.answer = answering(200, bomb, content_encoding="gzip")
    assert len((await client.post(receiver.url, b"{}", {})).body) <= len(bomb)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 nonsense\r\n\r\n", b"\x16\x03\x01"])
async def test_no_answer_is_told(client, receiver, answer):
    receiver.answer = answer
    with pytest.raises(Unavailable):
        await client.post(receiver.url, b"{}", {})


async def test_nobody_there_is_told(client):
    async with receiving() as gone:
        url = gone.url
    with pytest.raises(Unavailable):
        await client.post(url, b"{}", {})


async def test_a_slow_receiver_does_not_hold_us(receiver):
    receiver.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n1"
    client = GuardedClient(NetworkGuard(allowed=["127.0.0.0/8"]), total_seconds=0.2)
    go_on = asyncio.Event()
    receiver.serve = slowly(receiver.serve, go_on)
    with pytest.raises(Unavailable):
        await client.post(receiver.url, b"{}", {})
    go_on.set()
    await client.close()


def slowly(serve, until):
    async def slow(reader, writer):
        await until.wait()
        await serve(reader, writer)

    return slow


async def test_a_server_that_speaks_no_tls_is_told(receiver):
    client = GuardedClient(NetworkGuard(allowed=["127.0.0.0/8"]), total_seconds=0.2)
    with pytest.raises(Unavailable):
        await client.post(receiver.url.replace("http://", "https://"), b"{}", {})
    await client.close()


async def test_tls_is_for_the_name_though_the_call_goes_to_the_address(tmp_path):
    asked = []
    shown, trusted = certificate_for("hooks.example", tmp_path)
    shown.sni_callback = lambda _socket, name, _context: asked.append(name)
    receiver = Receiver()

    async def resolve(_host, _port):
        return ["127.0.0.1"]

    guard = NetworkGuard(allowed=["127.0.0.0/8"], resolve=resolve)
    client = GuardedClient(guard, tls=trusted)
    async with listening(receiver.serve, ssl=shown) as port:
        for host in ("hooks.example", "other.example"):
            try:
                sent = await client.post(f"https://{host}:{port}/hook", b"{}", {})
            except Unavailable:
                assert host == "other.example"
            else:
                assert (host, sent.status) == ("hooks.example", 204)
        await client.close()
    assert asked == ["hooks.example", "other.example"]
    assert len(receiver.requests) == 1


async def test_a_download_comes_in_pieces(client, receiver):
    receiver.answer = answering(200, b"feed" * 1_000)
    receiver.serve = without_body(receiver)
    pieces = [piece async for piece in client.fetch(receiver.url)]
    assert b"".join(pieces) == b"feed" * 1_000


async def test_a_download_that_is_not_there_is_told(client, receiver):
    receiver.answer = answering(404)
    receiver.serve = without_body(receiver)
    with pytest.raises(Unavailable, match="404"):
        async for _ in client.fetch(receiver.url):
            raise AssertionError


def without_body(receiver):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(receiver.answer)
        await writer.drain()
        writer.close()

    return serve
