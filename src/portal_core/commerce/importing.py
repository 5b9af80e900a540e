"""Doing what an import takes: stage, validate, diff, apply."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.commerce.feed_import import (
    MOST_ATTEMPTS,
    FeedImport,
    ImportState,
    Origin,
)
from portal_core.commerce.feed_ports import FeedReader, FeedSource, ImportDatabase
from portal_core.commerce.feed_reading import FeedRow
from portal_core.commerce.feed_staging import Heard, Stage, saved, settled
from portal_core.commerce.feed_swap import Swap, refuse_shrunk
from portal_core.errors import Conflict, Invalid, PortalError
from portal_core.events import ActorRef
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission

_ROWS_AT_ONCE = 500


class ImportingService:
    """Imports feeds: in one go for a command, step by step for pages and their worker."""

    def __init__(
        self,
        *,
        database: ImportDatabase,
        reader: FeedReader,
        source: FeedSource,
        clock: Clock,
        currency: str,
    ) -> None:
        self._database = database
        self._reader = reader
        self._source = source
        self._clock = clock
        self._currency = currency

    async def run(
        self,
        actor: Actor,
        address: str,
        *,
        forced: bool = False,
        rehearsal: bool = False,
        heard: Heard = lambda _: None,
    ) -> FeedImport:
        """Import the feed at a path or an address in one go; a rehearsal changes nothing.

        Raises Invalid if the feed is broken or has no items, Conflict (code `shrank`) if it
        shrank and is not `forced`, and what the source raises. Then nothing has changed.
        """
        actor.require(Permission.MANAGE_CATALOGUE)
        feed_import = await self._begin(actor, address, forced=forced)
        try:
            feed_import = await self._stage_from(feed_import, address, heard)
            return await self._finish(feed_import, rehearsal=rehearsal)
        except PortalError as refusal:
            await self._refuse(feed_import, refusal)
            raise

    async def run_rows(
        self, actor: Actor, name: str, rows: Iterable[Mapping[str, str]]
    ) -> FeedImport:
        """Import rows that are at hand, in one go, as `run` does."""
        actor.require(Permission.MANAGE_CATALOGUE)
        feed_import = await self._begin(actor, name)
        try:
            feed_import = await self._stage().fill(feed_import, _in_batches(rows))
            return await self._finish(feed_import)
        except PortalError as refusal:
            await self._refuse(feed_import, refusal)
            raise

    async def work(self, actor: Actor) -> int:
        """Go on with every import that waits for the worker; return how many there were.

        What an interrupted worker had begun is begun again.
        """
        actor.require_system()
        done = 0
        while feed_import := await self._claim():
            await self._go_on(feed_import)
            done += 1
        return done

    async def _claim(self) -> FeedImport | None:
        async with self._database.begin() as work:
            return await work.imports.claim(now=self._clock())

    async def _go_on(self, feed_import: FeedImport) -> None:
        if problem := _interruption(feed_import):
            await self._end(feed_import, ImportState.FAILED, problem)
            return
        try:
            if feed_import.state is ImportState.STAGING:
                await self._stage_again(feed_import)
            else:
                await self._swap(feed_import)
        except PortalError as refusal:
            await self._refuse(feed_import, refusal)

    async def _stage_again(self, feed_import: FeedImport) -> None:
        """Stage the feed from its start, and show what it would do."""
        async with self._database.begin() as work:
            await work.staging.clear(feed_import.id)
            feed_import = await saved(work, feed_import.begun_again(at=self._clock()))
        if feed_import.origin is Origin.ADDRESS:
            feed_import = await self._stage_from(feed_import, feed_import.source)
        else:
            feed_import = await self._stage_bytes(feed_import, self._uploaded(feed_import))
        await self._preview(feed_import, ImportState.PREVIEWED)

    async def _stage_from(
        self, feed_import: FeedImport, address: str, heard: Heard = lambda _: None
    ) -> FeedImport:
        async with self._source.open(address) as feed:
            feed_import = replace(feed_import, size=feed.size)
            return await self._stage_bytes(feed_import, feed.chunks, heard)

    async def _stage_bytes(
        self,
        feed_import: FeedImport,
        chunks: AsyncIterator[bytes],
        heard: Heard = lambda _: None,
    ) -> FeedImport:
        stage = self._stage(heard)
        rows = self._reader.rows(stage.counted(chunks))
        return await stage.fill(feed_import, rows)

    def _stage(self, heard: Heard = lambda _: None) -> Stage:
        return Stage(
            database=self._database,
            clock=self._clock,
            currency=self._currency,
            heard=heard,
        )

    async def _uploaded(self, feed_import: FeedImport) -> AsyncIterator[bytes]:
        number = 0
        while True:
            async with self._database.read() as work:
                part = await work.staging.part(feed_import.id, number)
            if part is None:
                return
            yield part
            number += 1

    async def _finish(
        self, feed_import: FeedImport, *, rehearsal: bool = False
    ) -> FeedImport:
        """Apply what is staged, or only say what that would do."""
        if not rehearsal:
            return await self._swap(feed_import)
        async with self._database.read() as work:
            refuse_shrunk(feed_import, await work.imports.last_done())
        return await self._preview(feed_import, ImportState.DISCARDED)

    async def _preview(self, feed_import: FeedImport, state: ImportState) -> FeedImport:
        now = self._clock()
        async with self._database.read() as work:
            seen = await Swap(work, feed_import, at=now).preview()
        feed_import = replace(feed_import, counts=seen.counts, samples=seen.samples)
        async with self._database.begin() as work:
            feed_import = await saved(work, feed_import.moved(state, at=self._clock()))
            await work.staging.sweep()
        return feed_import

    async def _swap(self, feed_import: FeedImport) -> FeedImport:
        """Bring the whole feed into the catalogue, or none of it."""
        now = self._clock()
        async with self._database.begin() as work:
            if feed_import.state is ImportState.STAGING:
                feed_import = feed_import.moved(ImportState.APPLYING, at=now)
            feed_import = await settled(work, feed_import, at=now, lock=True)
            refuse_shrunk(feed_import, await work.imports.last_done())
            counts = await Swap(work, feed_import, at=now).apply(_acting(feed_import.by))
            feed_import = replace(feed_import, counts=counts)
            feed_import = await saved(
                work, feed_import.moved(ImportState.DONE, at=self._clock())
            )
        await self._sweep()
        return feed_import

    async def _refuse(self, feed_import: FeedImport, refusal: PortalError) -> None:
        """Note why the import was not applied. What was only busy is tried again later."""
        if refusal.code in {"stale", "busy"} and feed_import.origin is not Origin.COMMAND:
            return
        broken = isinstance(refusal, (Invalid, Conflict))
        state = ImportState.REFUSED if broken else ImportState.FAILED
        await self._end(feed_import, state, refusal.message)

    async def _end(self, feed_import: FeedImport, state: ImportState, message: str) -> None:
        """End the import, unless somebody else did; what it staged goes."""
        async with self._database.begin() as work:
            current = await work.imports.get(feed_import.id)
            if current.under_way:
                await saved(work, current.moved(state, at=self._clock(), message=message))
        await self._sweep()

    async def _sweep(self) -> None:
        async with self._database.begin() as work:
            await work.staging.sweep()

    async def _begin(
        self, actor: Actor, source: str, *, forced: bool = False
    ) -> FeedImport:
        now = self._clock()
        feed_import = FeedImport.begin(
            Origin.COMMAND, source, by=actor.ref, at=now, forced=forced
        ).leased(at=now)
        async with self._database.begin() as work:
            await work.imports.add(feed_import)
        return feed_import


def _interruption(feed_import: FeedImport) -> str:
    """Return why the worker can't go on with the import; nothing if it can."""
    if feed_import.origin is Origin.COMMAND:
        return "The command was interrupted. Nothing was changed; run it again."
    if feed_import.origin is Origin.UPLOAD and feed_import.size is None:
        return "The upload was interrupted. Nothing was changed; upload it again."
    if feed_import.attempts > MOST_ATTEMPTS:
        return "It was interrupted again and again. Nothing was changed."
    return ""


def _acting(by: ActorRef) -> Actor:
    """Return whoever asked for the import, as the one who makes its facts."""
    return Actor(kind=by.kind, id=by.id, name=by.name, permissions=frozenset())


async def _in_batches(
    rows: Iterable[Mapping[str, str]],
) -> AsyncIterator[Sequence[FeedRow]]:
    batch: list[FeedRow] = []
    for line, fields in enumerate(rows, 1):
        batch.append(FeedRow(line, fields))
        if len(batch) == _ROWS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
