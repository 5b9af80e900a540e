"""The contract of WebhookClient and of AddressGuard."""

import asyncio

import pytest

from adapters.memory.channels import MemoryAddressGuard, MemoryWebhookClient
from adapters.net.client import GuardedClient
from adapters.net.guard import NetworkGuard
from portal_core.automation.ports import Sent
from portal_core.errors import Forbidden, Invalid, Unavailable


class MemoryReceiver:
    """A receiver that is there, in memory."""

    url = "http://receiver.example/hook"

    def __init__(self):
        self.client = MemoryWebhookClient()

    async def open(self):
        """Begin to listen."""

    async def close(self):
        """Stop listening."""

    def answers(self, status, body):
        self.client.answer = Sent(status, body)

    def got(self):
        return [post.body for post in self.client.posts]

    def goes_away(self):
        self.client.failure = Unavailable("No answer.")

    def is_forbidden(self):
        self.client.failure = Forbidden("This is not a public address.")


class LocalReceiver:
    """A receiver that listens on loopback and speaks just enough HTTP."""

    def __init__(self):
        self.client = GuardedClient(NetworkGuard(allowed=["127.0.0.0/8"]))
        self._others = []
        self._bodies = []
        self._answer = (200, "ok")
        self._server = None

    async def open(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/hook"

    async def close(self):
        for client in (self.client, *self._others):
            await client.close()
        self._server.close()
        await self._server.wait_closed()

    def answers(self, status, body):
        self._answer = (status, body)

    def got(self):
        return self._bodies

    def goes_away(self):
        self._server.close()

    def is_forbidden(self):
        self._others.append(self.client)
        self.client = GuardedClient(NetworkGuard())

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        self._bodies.append(await reader.readexactly(length))
        status, body = self._answer
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
        writer.write("\r\n".join([*lines, "Connection: close", "", body]).encode())
        await writer.drain()
        writer.close()


@pytest.fixture(params=[MemoryReceiver, LocalReceiver], ids=["memory", "guarded"])
async def receiver(request):
    receiver = request.param()
    await receiver.open()
    yield receiver
    await receiver.close()


async def send(receiver):
    return await receiver.client.post(receiver.url, b'{"a":1}', {"webhook-id": "1"})


@pytest.mark.parametrize(
    ("status", "body"), [(200, "ok"), (302, ""), (404, "?"), (500, "!")]
)
async def test_the_answer_comes_back_whatever_its_status(receiver, status, body):
    receiver.answers(status, body)
    sent = await send(receiver)
    assert (sent.status, sent.body, sent.retry_after) == (status, body, None)
    assert receiver.got() == [b'{"a":1}']


async def test_where_nobody_answers_somebody_may_later(receiver):
    receiver.goes_away()
    with pytest.raises(Unavailable):
        await send(receiver)


async def test_a_forbidden_address_gets_nothing(receiver):
    receiver.is_forbidden()
    with pytest.raises(Forbidden):
        await send(receiver)
    assert receiver.got() == []


async def resolve(host, _port):
    return {"good.example": ["8.8.8.8"], "bad.example": ["8.8.8.8", "10.0.0.1"]}[host]


@pytest.fixture(params=["memory", "network"])
def guard(request):
    """A guard that lets nobody through to bad.example."""
    if request.param == "memory":
        return MemoryAddressGuard(refused=["https://bad.example/hook"])
    return NetworkGuard(resolve=resolve)


async def test_a_public_address_may_be_reached(guard):
    await guard.check("https://good.example/hook")


async def test_any_other_is_refused(guard):
    with pytest.raises(Invalid) as refusal:
        await guard.check("https://bad.example/hook")
    assert refusal.value.problems[0].field == "url"
