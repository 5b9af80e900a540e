"""The worker: chores that are asked for, and done again and again by themselves."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import click

from adapters.jobs.in_process import InProcessQueue, Worker
from adapters.jobs.saq import SaqQueue, SaqReceiver
from entrypoints.container import Container, closing
from entrypoints.logs import configure_logs
from entrypoints.settings import Settings
from entrypoints.terminal import ended, read_settings, refuse_old_schema


@click.command()
def worker() -> None:
    """Do what is due: deliveries, imports."""
    settings = read_settings(Settings.serving)
    refuse_old_schema(settings)
    ended(run_worker(Container(settings=settings)))


async def run_worker(container: Container) -> None:
    """Work until somebody says stop; what is under way is noted or left to its lease."""
    settings: Settings = container.settings().serving()
    configure_logs(settings.log_format, settings.log_level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with closing(container), working(container):
        await stop.wait()


@asynccontextmanager
async def working(container: Container) -> AsyncIterator[None]:
    """Do the chores in this program for as long as the block lasts."""
    queue = container.queue()
    here = queue if isinstance(queue, InProcessQueue) else InProcessQueue()
    async with AsyncExitStack() as stack:
        worker = Worker(queue=here, chores=container.chores())
        await stack.enter_async_context(worker.running())
        if isinstance(queue, SaqQueue):
            receiver = SaqReceiver(queue.url, ask=here.ask)
            await stack.enter_async_context(receiver.listening())
        yield
