"""What imports of the supplier's feed need from the outside world."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from portal_core.commerce.feed import Change, Known, Staged
from portal_core.commerce.feed_import import FeedImport
from portal_core.commerce.feed_reading import Fault, FeedRow
from portal_core.commerce.ports import CommerceWork
from portal_core.ids import ImportId, ProductId
from portal_core.paging import Page, Window


class OpenFeed(Struct, frozen=True):
    """A feed that is being read: its bytes, and how many there are if anybody knows."""

    chunks: AsyncIterator[bytes]
    size: int | None = None


class FeedSource(Protocol):
    """Where feeds lie."""

    def open(self, address: str) -> AbstractAsyncContextManager[OpenFeed]:
        """Open the feed at a path or an http(s) address, for as long as the block lasts.

        Raises NotFound, Forbidden if the address may not be reached, Invalid if the feed is
        too large, and Unavailable if it does not come.
        """


class FeedReader(Protocol):
    """Understands the supplier's format."""

    def rows(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[Sequence[FeedRow]]:
        """Yield the rows, some hundreds at a time, while the feed is read.

        Needs the same little memory for every feed. Raises Invalid (code `malformed`) that
        names the line, as soon as the feed proves to be broken, at the latest at its end.
        """


class ImportRepository(Protocol):
    """Imports of the feed."""

    async def add(self, feed_import: FeedImport) -> None:
        """Store a new import."""

    async def get(self, import_id: ImportId) -> FeedImport:
        """Return the import. Raises NotFound."""

    async def save(self, feed_import: FeedImport) -> None:
        """Store the import as its next version. Raises Conflict if it is not the next."""

    async def page(self, window: Window) -> Page[FeedImport]:
        """Return imports, newest first."""

    async def last_done(self) -> FeedImport | None:
        """Return the import that was applied last, if there is one."""

    async def claim(self, *, now: datetime) -> FeedImport | None:
        """Lease the oldest import under way that nobody works on, and count the attempt."""


class StagingRepository(Protocol):
    """What imports have read, apart from the catalogue, until it is applied.

    Codes and SKUs are compared by their folded form. A staged row is about the product with
    its code as the supplier's, or else about the one with its code as the SKU, unless that
    one's own supplier's code is in the feed.
    """

    async def add_part(self, import_id: ImportId, number: int, data: bytes) -> None:
        """Store a piece of an uploaded feed. Pieces are numbered from 0."""

    async def part(self, import_id: ImportId, number: int) -> bytes | None:
        """Return a piece of an uploaded feed; None behind the last one."""

    async def add(self, import_id: ImportId, staged: Sequence[Staged]) -> None:
        """Stage rows. Raises Conflict if a code or a SKU is staged already."""

    async def lines(self, import_id: ImportId, skus: Collection[str]) -> Mapping[str, int]:
        """Return the lines on which these (folded) SKUs were staged."""

    async def known(self, codes: Collection[str]) -> frozenset[str]:
        """Return which of these (folded) codes a product has, as supplier's or as SKU."""

    async def note(
        self, import_id: ImportId, faults: Sequence[Fault], *, start: int
    ) -> None:
        """Store faults, numbered from `start`."""

    async def faults(
        self, import_id: ImportId, window: Window, *, skipped: bool | None = None
    ) -> Page[Fault]:
        """Return faults in the order in which they were noted; None means all kinds."""

    async def match(self, import_id: ImportId, *, lock: bool = False) -> Sequence[Staged]:
        """Find out which product each staged row is about.

        Takes out and returns the rows that are about none and can't become one: those
        without a name, and those whose SKU another product has. With `lock`, no other
        import is applied and nobody sells what this one changes until this work is kept or
        undone.
        """

    async def differing(
        self, import_id: ImportId, *, after: str, limit: int
    ) -> Sequence[tuple[Staged, Known | None]]:
        """Return staged rows that are not what the feed said of their product last time.

        They come by their (folded) code, from behind `after`, with the product they are
        about, if there is one already.
        """

    async def missing(
        self, import_id: ImportId, *, after: ProductId | None, limit: int
    ) -> Sequence[Known]:
        """Return products that the feed knew, or had stock of, and that it lacks now.

        They come by their id, from behind `after`.
        """

    async def write(
        self, changes: Sequence[Change], *, at: datetime, reference: ImportId
    ) -> None:
        """Store what changes, with its stock, and write the moves in the ledger.

        Nobody else may be changing these products. Raises Conflict if a SKU is taken.
        """

    async def clear(self, import_id: ImportId) -> None:
        """Remove what the import has staged, and its faults; the uploaded pieces stay."""

    async def sweep(self) -> None:
        """Remove whatever imports have staged that are over; their faults stay."""


class ImportWork(CommerceWork, Protocol):
    """What imports may touch in one transaction."""

    @property
    def imports(self) -> ImportRepository:
        """The imports."""

    @property
    def staging(self) -> StagingRepository:
        """What they have read."""


class ImportDatabase(Protocol):
    """Opens works on imports."""

    def begin(self) -> AbstractAsyncContextManager[ImportWork]:
        """Open a work that changes things."""

    def read(self) -> AbstractAsyncContextManager[ImportWork]:
        """Open a work that only reads."""
