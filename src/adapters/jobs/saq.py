"""SAQ carries chores between programs, on Redis or on PostgreSQL.

SAQ's jobs only say that there is something to do; they are over as soon as they are heard.
So none of its deadlines, retries and sweeps decides over our work, and a job that is lost
costs a poll. Its queues are used without its worker, which would ask a queue that is away
again and again without a pause.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from saq import Job, Queue, Status

from portal_core.jobs import Chore

_PATIENCE = 2.0
_LISTEN_SECONDS = 5.0
_SWEEP_SECONDS = 5
_LAST_WORDS = 0.1  # to SAQ: how long a job that is swept may take to end by itself
_JOB_SECONDS = 1  # from being heard to being over; a listener that takes longer is dead
_FORGOTTEN = -1  # to SAQ: remove the job when it is over, so that its key is free at once
_NAME = "atrium"

Ask = Callable[[Chore], Awaitable[None]]

logger = structlog.get_logger("portal.queue")


class SaqQueue:
    """Asks workers in other programs to do a chore."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._queue = open_queue(url)
        self._connecting = asyncio.Lock()
        self._is_connected = False
        self._is_closed = False

    async def ask(self, chore: Chore) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._connect()
                await self._queue.enqueue(
                    chore.value, key=chore.value, timeout=_JOB_SECONDS, ttl=_FORGOTTEN
                )
        except Exception as error:  # noqa: BLE001 - whatever a driver raises, the poll makes up for it
            logger.warning("nudge_lost", chore=chore, cause=type(error).__name__)

    async def ping(self) -> None:
        """Raise what the driver raises if the queue does not answer."""
        await self._connect()
        await self._queue.info()

    async def close(self) -> None:
        """Close the connections. Who asks afterwards is not heard."""
        async with self._connecting:
            self._is_closed = True
            await close_queue(self._queue)

    async def _connect(self) -> None:
        async with self._connecting:
            if self._is_closed:  # or its tasks would outlive the program's end
                raise ConnectionError
            if not self._is_connected:
                await self._queue.connect()
                self._is_connected = True


class SaqReceiver:
    """Hears chores from other programs, and passes them on."""

    def __init__(self, url: str, *, ask: Ask) -> None:
        self._url = url
        self._ask = ask
        self._over = False

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen for as long as the block lasts. While the queue is away, polls go on."""
        self._over = False
        queue = open_queue(self._url)
        task = asyncio.create_task(self._listen(queue))
        try:
            yield
        finally:
            self._over = True  # SAQ swallows a cancellation while it waits for a job
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await close_queue(queue)

    async def _listen(self, queue: Queue) -> None:
        while not self._over:
            try:
                await queue.connect()
                await _sweep(queue)
                while not self._over:
                    await self._hear(queue)
            except Exception as error:  # noqa: BLE001 - whatever a driver raises, we try again
                logger.warning("queue_away", cause=type(error).__name__)
                await asyncio.sleep(_PATIENCE)

    async def _hear(self, queue: Queue) -> None:
        job = await queue.dequeue(timeout=_LISTEN_SECONDS)
        if job is None:
            await _sweep(queue)
            return
        try:
            # First its key is given free: whoever asks from now on is heard once more.
            await job.finish(Status.COMPLETE)
        finally:
            await self._pass_on(job)

    async def _pass_on(self, job: Job) -> None:
        with contextlib.suppress(ValueError):  # a chore that only a newer version knows
            chore = Chore(job.function)
            logger.debug("asked", chore=chore, job_id=job.id)
            await self._ask(chore)


async def _sweep(queue: Queue) -> None:
    """Give the keys free that a listener took along when it was killed."""
    await queue.sweep(_SWEEP_SECONDS, _LAST_WORDS)


def open_queue(url: str) -> Queue:
    """Return SAQ's queue at `redis://…` or `postgresql://…`; few connections suffice."""
    if url.startswith("redis"):
        return Queue.from_url(url, name=_NAME)
    return Queue.from_url(url, name=_NAME, min_size=1, max_size=4)


async def close_queue(queue: Queue) -> None:
    """Close the queue's connections, also those that never came about."""
    with contextlib.suppress(Exception):
        await queue.disconnect()
    pool = getattr(queue, "pool", None)
    if pool is not None and not pool.closed:
        await pool.close()
