"""The command `portal up`: everything in one program."""

import socket
from pathlib import Path

import click

from adapters.sql import schema
from entrypoints import demo
from entrypoints.container import Container
from entrypoints.serving import serve
from entrypoints.settings import Settings, embedded
from entrypoints.stage import print_sign_ins
from entrypoints.terminal import OPERATOR, ended, fail, read_settings, run


@click.command()
@click.option(
    "--demo", "with_demo", is_flag=True, help="Fill an empty portal with a demo MSP."
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--data", type=click.Path(path_type=Path), help="The folder for all data.")
def up(*, with_demo: bool, host: str, port: int, data: Path | None) -> None:
    """Start everything in one program, on SQLite: the quickest way to a portal."""
    settings = embedded(_placed(read_settings(), data), host=host, port=port)
    _refuse_taken_port(host, port)
    ended(schema.upgrade(settings.database_url))
    run(settings, lambda parts: _welcome(parts, settings, with_demo=with_demo))
    serve(settings, host=host, port=port)


async def _welcome(parts: Container, settings: Settings, *, with_demo: bool) -> None:
    """Print the address, and how to get in."""
    if with_demo and await demo.portal_is_empty(parts):
        click.echo("Setting the stage for the demo …")
        await demo.load_into(parts)
    click.echo(f"\n  Atrium is at {settings.public_url}\n")
    token = await parts.setup().offer(OPERATOR)
    if token is not None:
        click.echo("  Nobody can sign in yet. Make the first administrator, within a day:")
        click.echo(f"  {settings.public_url}/setup?token={token}\n")
    if with_demo:
        print_sign_ins()
    click.echo("  Press Ctrl-C to stop.\n")


def _placed(settings: Settings, data: Path | None) -> Settings:
    return settings if data is None else settings.in_folder(data.expanduser().absolute())


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fail(f"Can't listen on {host}:{port}: {error.strerror}. Try --port {port + 1}.")
