"""Commands about the demo MSP."""

import click

from adapters.sql import schema
from entrypoints import demo as stage
from entrypoints.container import Container
from entrypoints.settings import Settings
from entrypoints.terminal import ended, fail, read_settings, run


@click.group()
def demo() -> None:
    """Load or remove the demo MSP."""


@demo.command("load")
def load() -> None:
    """Fill an empty portal with the demo MSP, and print its sign-ins."""
    settings = read_settings(Settings.with_secrets)
    ended(schema.upgrade(settings.database_url))

    async def act(parts: Container) -> None:
        if not await stage.portal_is_empty(parts):
            fail("The portal is not empty. The demo is only loaded into an empty one.")
        await stage.load_into(parts)

    run(settings, act)
    print_sign_ins()


@demo.command("remove")
def remove() -> None:
    """Remove everything that belongs to the demo MSP."""

    async def act(parts: Container) -> None:
        await stage.remove_from(parts)

    run(read_settings(Settings.with_secrets), act)
    click.echo("The demo is gone.")


def print_sign_ins() -> None:
    """Print everybody whom a newcomer can be."""
    for person in stage.sign_ins():
        click.echo(f"  {person.email:<38} {person.password:<22} {person.who}")
    click.echo()
