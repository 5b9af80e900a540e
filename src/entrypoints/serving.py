"""The web program: the application behind its server."""

import asyncio
import os
import signal
from tempfile import TemporaryDirectory

import click
import structlog
from granian.constants import Interfaces
from granian.server import Server as Processes
from granian.server.embed import Server
from litestar import Litestar
from prometheus_client import values

from entrypoints.container import Container, closing
from entrypoints.logs import configure_logs
from entrypoints.settings import Settings
from entrypoints.terminal import read_settings, refuse_old_schema
from entrypoints.web import SHARED_METRICS, create_app

GRACE_SECONDS = 10
"""How long requests in flight may take to end, once the portal was told to stop."""

try:
    from uvloop import new_event_loop
except ModuleNotFoundError:  # there is none for Windows
    from asyncio import new_event_loop  # type: ignore[assignment]

_log = structlog.get_logger("portal.web")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
def web(*, host: str, port: int, workers: int) -> None:
    """Serve pages and API."""
    settings = read_settings(Settings.serving)
    refuse_old_schema(settings)
    serve(settings, host=host, port=port, workers=workers)


def serve(settings: Settings, *, host: str, port: int, workers: int = 1) -> None:
    """Serve until somebody says stop; requests in flight are finished first."""
    settings.serving()
    configure_logs(settings.log_format, settings.log_level)
    if workers == 1:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_serve_here(settings, host=host, port=port))
        return
    with TemporaryDirectory(prefix="atrium-metrics-") as folder:
        os.environ[SHARED_METRICS] = folder
        Processes(
            "entrypoints.serving:from_environment",
            factory=True,
            address=host,
            port=port,
            workers=workers,
            interface=Interfaces.ASGI,
            websockets=False,
            log_access=False,
            log_enabled=False,
            workers_kill_timeout=GRACE_SECONDS,
        ).serve()


async def _serve_here(settings: Settings, *, host: str, port: int) -> None:
    """Serve in this process, in this event loop."""
    parts = Container(settings=settings)
    server = Server(
        create_app(parts),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    )
    server.workers_kill_timeout = (
        GRACE_SECONDS  # the embedded server takes no argument for it
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, server.stop)
    try:
        await server.serve()
    except TimeoutError:
        _log.warning("stopped", unfinished="a request did not end in time")
        async with closing(parts):  # the application was not told that it ends
            pass


def from_environment() -> Litestar:
    """Return the application as one of several processes builds it."""
    settings = Settings.read(os.environ)
    configure_logs(settings.log_format, settings.log_level)
    # The library decides when it is imported, and this process was forked after that.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
    return create_app(Container(settings=settings))
