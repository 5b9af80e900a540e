"""Staging a feed: reading its rows, sorting out the bad ones, putting the rest aside.

The catalogue is not touched. Rows are put aside some hundreds at a time, each batch in a
change of its own, so that nobody has to wait for a large feed.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.commerce.feed import Staged, folded
from portal_core.commerce.feed_import import FeedImport
from portal_core.commerce.feed_ports import ImportDatabase, ImportWork
from portal_core.commerce.feed_reading import Fault, FeedRow, Reading
from portal_core.errors import Invalid

Heard = Callable[[FeedImport], None]
"""Is told how far an import has come."""


class Stage:
    """Puts the rows of one feed aside. `read` says how many of its bytes are read."""

    def __init__(
        self,
        *,
        database: ImportDatabase,
        clock: Clock,
        currency: str,
        heard: Heard,
    ) -> None:
        self._database = database
        self._clock = clock
        self._currency = currency
        self._heard = heard
        self.read = 0

    async def counted(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the same bytes, and count them."""
        async for chunk in chunks:
            self.read += len(chunk)
            yield chunk

    async def fill(
        self, feed_import: FeedImport, batches: AsyncIterator[Sequence[FeedRow]]
    ) -> FeedImport:
        """Stage all rows, and find out which products they are about.

        Returns the import with its numbers. Raises Invalid if the feed proves to be broken
        or to have no products, and Conflict if somebody else took the import over.
        """
        async for rows in batches:
            readings = [_read(row, self._currency) for row in rows]
            feed_import = await self._batch(feed_import, readings)
            self._heard(feed_import)
        async with self._database.begin() as work:
            feed_import = await settled(work, feed_import, at=self._clock())
        if feed_import.items == 0:
            raise Invalid("There are no products in this feed.", code="empty")
        return feed_import

    async def _batch(
        self,
        feed_import: FeedImport,
        readings: Sequence[tuple[Staged | None, Sequence[Fault]]],
    ) -> FeedImport:
        async with self._database.begin() as work:
            staged, faults = await _sorted_out(work, feed_import, readings)
            await work.staging.add(feed_import.id, staged)
            feed_import = replace(
                feed_import,
                read=self.read,
                rows=feed_import.rows + len(readings),
                items=feed_import.items + len(staged),
            )
            feed_import = await noted(work, feed_import, faults)
            return await kept(work, feed_import, at=self._clock())


async def settled(
    work: ImportWork, feed_import: FeedImport, *, at: datetime, lock: bool = False
) -> FeedImport:
    """Find out which product each row is about; report rows that can't be about any.

    With `lock`, these products are this work's until it ends.
    """
    unusable = await work.staging.match(feed_import.id, lock=lock)
    faults = [_unusable(staged) for staged in unusable]
    items = feed_import.items - len(unusable)
    feed_import = await noted(work, replace(feed_import, items=items), faults)
    return await kept(work, feed_import, at=at)


async def kept(work: ImportWork, feed_import: FeedImport, *, at: datetime) -> FeedImport:
    """Store how far the import has come, and hold it for longer."""
    return await saved(work, feed_import.leased(at=at))


async def saved(work: ImportWork, feed_import: FeedImport) -> FeedImport:
    """Store the import as its next version, and return that."""
    feed_import = replace(feed_import, version=feed_import.version + 1)
    await work.imports.save(feed_import)
    return feed_import


async def noted(
    work: ImportWork, feed_import: FeedImport, faults: Sequence[Fault]
) -> FeedImport:
    """Store the faults, and return the import that counts them."""
    start = feed_import.skipped + feed_import.warnings
    await work.staging.note(feed_import.id, faults, start=start)
    skipped = sum(fault.skipped for fault in faults)
    return replace(
        feed_import,
        skipped=feed_import.skipped + skipped,
        warnings=feed_import.warnings + len(faults) - skipped,
    )


def _read(row: FeedRow, currency: str) -> tuple[Staged | None, Sequence[Fault]]:
    reading = Reading(row, currency)
    item = reading.item()
    return (Staged(row.line, item) if item else None), reading.faults


async def _sorted_out(
    work: ImportWork,
    feed_import: FeedImport,
    readings: Sequence[tuple[Staged | None, Sequence[Fault]]],
) -> tuple[list[Staged], list[Fault]]:
    """Return what is to be staged, and the faults, in the order of the feed."""
    items = [staged.item for staged, _ in readings if staged]
    skus = {folded(item.sku) for item in items}
    nameless = {folded(item.code) for item in items if item.name is None}
    lines = dict(await work.staging.lines(feed_import.id, skus)) if skus else {}
    known = await work.staging.known(nameless) if nameless else frozenset()
    found: list[Staged] = []
    faults: list[Fault] = []
    for staged, said in readings:
        refusal = _refusal(staged, lines, known) if staged else None
        if staged and not refusal:
            lines[folded(staged.item.sku)] = staged.line
            found.append(staged)
            faults += [*said, *_no_name(staged)]
        else:
            faults += [refusal] if refusal else said
    return found, faults


def _refusal(staged: Staged, lines: dict[str, int], known: frozenset[str]) -> Fault | None:
    """Return why the row is skipped; None if it is not."""
    item = staged.item
    first = lines.get(folded(item.sku))
    if first is not None:
        return _skipped(staged, f"the same stock code as on line {first}")
    if item.name is None and folded(item.code) not in known:
        return _skipped(staged, _NAMELESS)
    return None


def _no_name(staged: Staged) -> Sequence[Fault]:
    if staged.item.name is not None:
        return ()
    code = staged.item.code
    return (Fault(line=staged.line, code=code, field="name", reason="no name"),)


def _unusable(staged: Staged) -> Fault:
    if staged.item.name is None:
        return _skipped(staged, _NAMELESS)
    return _skipped(staged, f"another product has the SKU {staged.item.sku}")


def _skipped(staged: Staged, reason: str) -> Fault:
    return Fault(line=staged.line, code=staged.item.code, reason=reason, skipped=True)


_NAMELESS = "no name, and no product with this code yet"
