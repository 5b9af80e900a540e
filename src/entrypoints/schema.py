"""Commands about the database's schema and its outbox."""

from datetime import UTC, datetime

import click

from adapters.sql import readiness, schema
from entrypoints.container import Container
from entrypoints.settings import Settings
from entrypoints.terminal import (
    OPERATOR,
    as_json,
    ended,
    fail,
    read_settings,
    run,
    show_json,
    show_table,
)
from portal_core.automation.views import OutboxStatus


@click.group()
def db() -> None:
    """Look after the database's schema."""


@db.command("upgrade")
def upgrade() -> None:
    """Bring the schema up to date. Several programs may do so at once."""
    ended(schema.upgrade(read_settings().database_url))
    click.echo("The schema is up to date.")


@db.command("downgrade")
@click.argument("revision", metavar="REV")
def downgrade(revision: str) -> None:
    """Take the schema back to a revision; `base` is before the first."""
    ended(schema.downgrade(read_settings().database_url, revision))
    click.echo(f"The schema is at {revision}.")


@db.command("current")
def current() -> None:
    """Print the revision that the database is at."""
    click.echo(ended(readiness.current(read_settings().database_url)) or "empty")


@db.command("check")
def check() -> None:
    """Say whether the schema is what this version of the portal needs."""
    differences = ended(schema.check(read_settings().database_url))
    if differences:
        fail("\n".join((*differences, "Run `portal db upgrade`.")))
    click.echo("The schema is up to date.")


@click.group()
def outbox() -> None:
    """See and retry deliveries."""


@outbox.command("status")
@as_json
def status(*, as_json: bool) -> None:
    """Say what waits, what failed, and why."""

    async def act(parts: Container) -> OutboxStatus:
        return await parts.deliveries().status(OPERATOR)

    found = run(read_settings(Settings.with_secrets), act)
    if as_json:
        show_json(found)
        return
    click.echo(f"{found.pending} waiting, {found.due} of them due, {found.failed} failed.")
    if found.oldest_due_at:
        click.echo(
            f"The oldest has been due since {found.oldest_due_at:%Y-%m-%d %H:%M} UTC."
        )
    if found.failures:
        rows = [(f.receiver, str(f.count), f.last_answer[:80]) for f in found.failures]
        show_table(("RECEIVER", "FAILED", "LAST ANSWER"), rows)


@outbox.command("retry")
@click.option("--since", type=click.DateTime(), help="Only those made since then, in UTC.")
def retry(since: datetime | None) -> None:
    """Try failed deliveries again."""

    async def act(parts: Container) -> int:
        return await parts.deliveries().retry_failed(OPERATOR, since=_utc(since))

    click.echo(
        f"{run(read_settings(Settings.with_secrets), act)} deliveries are due again."
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
