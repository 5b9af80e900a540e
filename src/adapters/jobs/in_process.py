"""A queue inside the program, and the worker that listens to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import structlog

from portal_core.jobs import Chore

POLL_SECONDS = 2.0
"""How long a chore rests at most. It is what finds the work of a nudge that was lost."""

Doing = Callable[[], Awaitable[object]]

logger = structlog.get_logger("portal.worker")


class InProcessQueue:
    """Carries chores to a worker in the same program."""

    def __init__(self) -> None:
        self._asked = {chore: asyncio.Event() for chore in Chore}

    async def ask(self, chore: Chore) -> None:
        self._asked[chore].set()

    async def wait(self, chore: Chore, seconds: float) -> bool:
        """Wait until the chore is asked for, but no longer; return whether it was."""
        asked = self._asked[chore]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), seconds)
        was_asked = asked.is_set()
        asked.clear()
        return was_asked


class Worker:
    """Does each chore when it is asked for, and every few seconds by itself.

    A chore that fails is logged and done again: what is due is in the database.
    """

    def __init__(
        self,
        *,
        queue: InProcessQueue,
        chores: Mapping[Chore, Doing],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._queue = queue
        self._chores = chores
        self._poll_seconds = poll_seconds

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do the chores for as long as the block lasts."""
        tasks = [
            asyncio.create_task(self._again_and_again(chore, doing), name=f"chore:{chore}")
            for chore, doing in self._chores.items()
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _again_and_again(self, chore: Chore, doing: Doing) -> None:
        while True:
            structlog.contextvars.bind_contextvars(chore=chore)
            try:
                await doing()
            except Exception:
                logger.exception("chore_failed", consequence="it is done again")
                await asyncio.sleep(self._poll_seconds)
            await self._queue.wait(chore, self._poll_seconds)
