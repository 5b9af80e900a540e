"""A receiver of webhooks that is not at its best."""

import asyncio
import random
import time
from collections import defaultdict

HANGS = 3.0


class Receiver:
    """Takes each delivery in the end: the first try may fail in three ways.

    `taken` holds the moments at which it has said yes, by the delivery's id. `news` is set
    whenever it does so.
    """

    def __init__(self, seed=1):
        self._chance = random.Random(seed)
        self._tried = set()
        self.taken = defaultdict(list)
        self.news = asyncio.Event()
        self.url = ""

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        try:
            while status := await self._answer(await _requested(reader)):
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _answer(self, id_):
        """Return the status for the delivery; None to hang up without one."""
        first, chance = id_ not in self._tried, self._chance.random()
        self._tried.add(id_)
        if not first or chance < 0.7:
            self.taken[id_].append(time.time())
            self.news.set()
            return 200
        if chance < 0.85:
            return 500
        if chance > 0.95:
            await asyncio.sleep(HANGS)
        return None


async def _requested(reader):
    """Read a request; return the delivery's id."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
    await reader.readexactly(int(headers["content-length"]))
    return headers["webhook-id"]
