"""What every command shares: settings, one event loop, exit codes, and output."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, NoReturn, TypeVar

import click
import msgspec

from adapters.sql.readiness import is_current
from entrypoints.container import Container, closing
from entrypoints.settings import Settings, SettingsError
from portal_core.errors import Invalid, PortalError
from portal_core.identity.actor import Actor

T = TypeVar("T")

OPERATOR = Actor.system("operator")
"""Who acts when somebody with a shell on the machine does: they hold the keys anyway."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def read_settings(suited: Callable[[Settings], Settings] = lambda any_: any_) -> Settings:
    """Return the settings of the environment, or end the program with what is wrong.

    `suited` insists on what the command needs, such as `Settings.serving`.
    """
    try:
        return suited(Settings.read(os.environ))
    except SettingsError as error:
        fail(str(error))


def run(settings: Settings, act: Callable[[Container], Awaitable[T]]) -> T:
    """Do something with the container's parts, close them, and return what came of it.

    A refusal ends the program with exit code 1 and a line that says what to do.
    """

    async def acted() -> T:
        async with closing(Container(settings=settings)) as parts:
            return await act(parts)

    return ended(acted())


def ended(doing: Coroutine[Any, Any, T]) -> T:
    """Run to the end, in an event loop of its own; refusals end the program."""
    try:
        return asyncio.run(doing)
    except SettingsError as error:
        fail(str(error))
    except Invalid as error:
        fail("\n".join(problem.message for problem in error.problems))
    except PortalError as error:
        fail(error.message)


def refuse_old_schema(settings: Settings) -> None:
    """End the program if the database's schema is not what this version needs."""
    if not ended(is_current(settings.database_url)):
        fail("The database's schema is not up to date. Run `portal db upgrade`.")


def fail(message: str) -> NoReturn:
    """End the program with exit code 1."""
    click.echo(message, err=True)
    sys.exit(1)


def show_json(value: object) -> None:
    """Print the value as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns as wide as they need."""
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
