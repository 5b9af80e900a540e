"""Commands about the catalogue."""

import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence

import click

from entrypoints.container import Container
from entrypoints.settings import Settings
from entrypoints.terminal import (
    OPERATOR,
    as_json,
    fail,
    read_settings,
    refuse_old_schema,
    run,
    show_json,
)
from portal_core.commerce.feed_import import FeedImport
from portal_core.commerce.feed_reading import Fault
from portal_core.errors import Conflict
from portal_core.paging import Window

_PAGE = 500
_ALIKE = 20
"""So many rows with one and the same fault are listed; more are summed up."""


@click.group()
def catalogue() -> None:
    """Products, categories and prices."""


@catalogue.command("import")
@click.argument("source", metavar="PATH_OR_URL")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--force", is_flag=True, help="Go on although the feed shrank by over 30 %.")
@as_json
def import_feed(source: str, *, dry_run: bool, force: bool, as_json: bool) -> None:
    """Import the supplier's feed, all of it or, if it is broken, nothing.

    Rows that can't be imported are skipped and listed. What an administrator has changed by
    hand stays.
    """
    settings = read_settings(Settings.with_secrets)
    refuse_old_schema(settings)
    progress = _Progress(shown=sys.stderr.isatty())

    async def act(parts: Container) -> tuple[FeedImport, Sequence[Fault]]:
        try:
            done = await parts.importing().run(
                OPERATOR, source, forced=force, rehearsal=dry_run, heard=progress.show
            )
        except Conflict as refusal:
            if refusal.code == "shrank":
                fail(f"{refusal.message} To say so, add --force.")
            raise
        finally:
            progress.clear()
        return done, [fault async for fault in _faults(parts, done)]

    done, faults = run(settings, act)
    if as_json:
        show_json(_for_programs(done, faults))
        return
    for line in _for_people(done, faults, rehearsal=dry_run):
        click.echo(line)


class _Progress:
    """A line on the terminal that says how far the import has come."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown

    def show(self, feed_import: FeedImport) -> None:
        """Say how far the import has come."""
        if self._shown:
            share = (
                f", {feed_import.read / feed_import.size:.0%}" if feed_import.size else ""
            )
            click.echo(f"\r{feed_import.rows:,} rows read{share} … ", nl=False, err=True)

    def clear(self) -> None:
        """Leave the line empty."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


async def _faults(parts: Container, feed_import: FeedImport) -> AsyncIterator[Fault]:
    window: Window | None = Window(_PAGE)
    while window:
        page = await parts.imports().faults(OPERATOR, feed_import.id, window)
        for fault in page.items:
            yield fault
        window = Window(_PAGE, page.next) if page.next else None


def _for_programs(feed_import: FeedImport, faults: Sequence[Fault]) -> dict[str, object]:
    counts = feed_import.counts
    return {
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "missing": counts.missing,
        "skipped": [
            {"line": fault.line, "code": fault.code, "reason": fault.reason}
            for fault in faults
            if fault.skipped
        ],
        "warnings": [
            {
                "line": fault.line,
                "code": fault.code,
                "field": fault.field,
                "reason": fault.reason,
            }
            for fault in faults
            if not fault.skipped
        ],
    }


def _for_people(
    feed_import: FeedImport, faults: Sequence[Fault], *, rehearsal: bool
) -> Iterator[str]:
    counts = feed_import.counts
    if rehearsal:
        yield "Nothing was changed. The import would come to:"
    yield (
        f"{counts.created:,} created, {counts.updated:,} updated, "
        f"{counts.unchanged:,} unchanged, {feed_import.skipped:,} skipped."
    )
    if counts.missing:
        yield f"{counts.missing:,} are not in the feed any more; none of them is in stock."
    if feed_import.skipped:
        yield "\nSkipped:"
        yield from _listed([fault for fault in faults if fault.skipped])
    if feed_import.warnings:
        yield "\nImported, but for one field each:"
        yield from _listed([fault for fault in faults if not fault.skipped])


def _listed(faults: Sequence[Fault]) -> Iterator[str]:
    """Yield a line for each fault; many that are alike share one."""
    alike: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in faults:
        alike[fault.field, fault.reason].append(fault)
    for (field, reason), group in alike.items():
        what = f"{field}: {reason}" if field else reason
        if len(group) > _ALIKE:
            yield f"  {len(group):,} rows, the first on line {group[0].line}: {what}"
            continue
        for fault in group:
            yield f"  line {fault.line}: {fault.code or 'no code'}: {what}"
