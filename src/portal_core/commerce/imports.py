"""Importing the supplier's feed: stage, validate, diff, apply."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.commerce.feed_import import FeedImport, ImportState, Origin
from portal_core.commerce.feed_ports import ImportDatabase
from portal_core.commerce.feed_reading import Fault
from portal_core.commerce.feed_staging import saved
from portal_core.commerce.feed_swap import refuse_shrunk
from portal_core.errors import Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import Permission
from portal_core.ids import ImportId
from portal_core.jobs import Chore, JobQueue
from portal_core.paging import Page, Window

MOST_BYTES = 200_000_000
"""How large an uploaded feed may be."""

PART = 500_000
"""How many bytes of an upload are put aside at once."""


class ImportService:
    """Imports of the supplier's feed, for the MSP's people.

    The worker stages a feed, a person looks at what it would do, and the worker applies it
    when that person says so.
    """

    def __init__(
        self,
        *,
        database: ImportDatabase,
        jobs: JobQueue,
        clock: Clock,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._most_bytes = most_bytes
        self._database = database
        self._jobs = jobs
        self._clock = clock

    async def page(self, actor: Actor, window: Window) -> Page[FeedImport]:
        """Return imports, newest first."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            return await work.imports.page(window)

    async def get(self, actor: Actor, import_id: ImportId) -> FeedImport:
        """Return the import. Raises NotFound."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            return await work.imports.get(import_id)

    async def faults(
        self,
        actor: Actor,
        import_id: ImportId,
        window: Window,
        *,
        skipped: bool | None = None,
    ) -> Page[Fault]:
        """Return what is wrong with rows of the feed; None means all, else only these."""
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            return await work.staging.faults(import_id, window, skipped=skipped)

    async def upload(
        self, actor: Actor, name: str, chunks: AsyncIterator[bytes]
    ) -> FeedImport:
        """Take in a feed that somebody sends, to be staged soon.

        Raises Invalid if it is empty or too large.
        """
        actor.require(Permission.MANAGE_CATALOGUE)
        feed_import = await self._begin(actor, Origin.UPLOAD, name)
        size = 0
        try:
            async for number, part in _parts(chunks):
                size += len(part)
                feed_import = await self._take_in(feed_import, number, part, size)
        except Invalid as refusal:
            await self._refuse(feed_import, refusal)
            raise
        return await self._hand_over(replace(feed_import, size=size, read=0))

    async def fetch(self, actor: Actor) -> FeedImport:
        """Have the feed at the configured address staged soon.

        Raises Invalid if no address is configured.
        """
        actor.require(Permission.MANAGE_CATALOGUE)
        async with self._database.read() as work:
            address = (await work.settings.get()).feed_url
        if not address:
            raise Invalid(
                "Enter the address of the feed in the settings first.", field="feed_url"
            )
        feed_import = await self._begin(actor, Origin.ADDRESS, address)
        return await self._hand_over(feed_import)

    async def apply(
        self, actor: Actor, import_id: ImportId, *, forced: bool = False
    ) -> FeedImport:
        """Have a staged feed brought into the catalogue soon.

        Raises NotFound, and Conflict if it is not waiting for that, or (code `shrank`) if
        it has far fewer products than the last one and is not `forced`.
        """
        actor.require(Permission.MANAGE_CATALOGUE)
        now = self._clock()
        async with self._database.begin() as work:
            feed_import = await work.imports.get(import_id)
            feed_import = replace(feed_import, forced=forced, by=actor.ref)
            refuse_shrunk(feed_import, await work.imports.last_done())
            feed_import = await saved(work, feed_import.moved(ImportState.APPLYING, at=now))
        await self._jobs.ask(Chore.IMPORT_FEED)
        return feed_import

    async def discard(self, actor: Actor, import_id: ImportId) -> FeedImport:
        """Throw away what an import has staged. Raises NotFound and Conflict."""
        actor.require(Permission.MANAGE_CATALOGUE)
        now = self._clock()
        async with self._database.begin() as work:
            feed_import = await work.imports.get(import_id)
            feed_import = await saved(
                work, feed_import.moved(ImportState.DISCARDED, at=now)
            )
            await work.staging.sweep()
        return feed_import

    async def _begin(self, actor: Actor, origin: Origin, source: str) -> FeedImport:
        now = self._clock()
        feed_import = FeedImport.begin(origin, source, by=actor.ref, at=now)
        feed_import = feed_import.leased(at=now)
        async with self._database.begin() as work:
            await work.imports.add(feed_import)
        return feed_import

    async def _take_in(
        self, feed_import: FeedImport, number: int, part: bytes, size: int
    ) -> FeedImport:
        if size > self._most_bytes:
            message = f"A feed may have at most {self._most_bytes // 1_000_000} MB."
            raise Invalid(message, field="file", code="too_large")
        feed_import = replace(feed_import, read=size).leased(at=self._clock())
        async with self._database.begin() as work:
            await work.staging.add_part(feed_import.id, number, part)
            return await saved(work, feed_import)

    async def _refuse(self, feed_import: FeedImport, refusal: Invalid) -> None:
        now, message = self._clock(), refusal.message
        async with self._database.begin() as work:
            refused = feed_import.moved(ImportState.REFUSED, at=now, message=message)
            await saved(work, refused)
            await work.staging.sweep()

    async def _hand_over(self, feed_import: FeedImport) -> FeedImport:
        """Let go of the import, and ask the worker to go on with it."""
        async with self._database.begin() as work:
            feed_import = await saved(work, replace(feed_import, leased_until=None))
        await self._jobs.ask(Chore.IMPORT_FEED)
        return feed_import


async def _parts(chunks: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    """Yield the bytes in numbered pieces of one size. Raises Invalid if there are none."""
    number, waiting = 0, bytearray()
    async for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PART:
            yield number, bytes(waiting[:PART])
            del waiting[:PART]
            number += 1
    if waiting:
        yield number, bytes(waiting)
    elif number == 0:
        raise Invalid("This file is empty.", field="file", code="empty")
