"""The floor: the same bytes from a bare Litestar handler with one hand-written query.

Run as `python -m tests.bench.floor PORT DATABASE_URL BODY_FILE`.
"""

import asyncio
import signal
import sqlite3
import sys
from pathlib import Path

import asyncpg
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, MediaType, Request, Response, get, post

QUERY = "SELECT id, sku, name, price_minor FROM products ORDER BY name_key, id LIMIT 25"


def application(url, body):
    """Return an application that asks once and answers with the body."""
    rows = {}

    async def connect(app):
        if url.startswith("postgresql"):
            app.state.pool = await asyncpg.create_pool(url, min_size=4, max_size=10)
        else:
            path = url.removeprefix("sqlite:///")
            app.state.pool = sqlite3.connect(path, check_same_thread=False)

    async def ask(app):
        if url.startswith("postgresql"):
            rows["last"] = await app.state.pool.fetch(QUERY)
        else:
            rows["last"] = app.state.pool.execute(QUERY).fetchall()
        return Response(body, media_type=MediaType.HTML)

    @get("/")
    async def read(request: Request) -> Response[bytes]:
        return await ask(request.app)

    @post("/", status_code=200)
    async def change(request: Request) -> Response[bytes]:
        await request.body()
        return await ask(request.app)

    return Litestar([read, change], on_startup=[connect], openapi_config=None)


async def serve(port, url, body):
    server = Server(
        application(url, body),
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


if __name__ == "__main__":  # in the loop that the portal has
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes()))
