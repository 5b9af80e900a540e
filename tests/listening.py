"""Being the other side: a server on loopback that leaves nothing behind."""

import asyncio
import contextlib


@contextlib.asynccontextmanager
async def listening(answer, **options):
    """Call `answer(reader, writer)` for whoever connects; yield the port.

    At the end, those who are still connected are cut off and waited for: what a closed
    loop leaves open would be blamed on whichever test runs then.
    """
    talks = set()

    async def talk(reader, writer):
        talks.add(asyncio.current_task())
        try:
            await answer(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0)  # those who connected just now begin
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()
