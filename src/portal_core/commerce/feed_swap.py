"""Bringing a staged feed into the catalogue, or only saying what that would do."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from portal_core.commerce.events import FeedImported
from portal_core.commerce.feed import Change, FeedItem, Known, Staged, folded
from portal_core.commerce.feed_import import (
    Counts,
    FeedImport,
    FieldChange,
    Sample,
)
from portal_core.commerce.feed_ports import ImportWork
from portal_core.commerce.model import Category
from portal_core.commerce.orders import announce_crossings
from portal_core.commerce.ports import StockChange
from portal_core.errors import Conflict
from portal_core.identity.actor import Actor
from portal_core.ids import CategoryId, ProductId

BATCH = 500
"""How many products are looked at together."""

SAMPLES = 10
"""How many products of each kind a preview shows."""


class Shelves:
    """The categories by their paths. New ones are put up, but for a rehearsal."""

    def __init__(self, categories: Sequence[Category], *, rehearsal: bool) -> None:
        self._by_path = {folded(each.path): each for each in categories}
        self._paths = {each.id: each.path for each in categories}
        self._rehearsal = rehearsal

    async def place(self, work: ImportWork, path: str | None) -> CategoryId | None:
        """Return the category with this path; there is none for an empty one."""
        category: Category | None = None
        names = path.split("/") if path else []
        for depth, name in enumerate(names, 1):
            key = folded("/".join(names[:depth]))
            if key not in self._by_path:
                await self._put_up(work, key, Category.create(name, category))
            category = self._by_path[key]
        return category.id if category else None

    def path(self, category_id: CategoryId | None) -> str:
        """Return the path of the category; an empty one for none."""
        return self._paths[category_id] if category_id else ""

    async def _put_up(self, work: ImportWork, key: str, category: Category) -> None:
        if not self._rehearsal:
            await work.categories.add(category)
        self._by_path[key] = category
        self._paths[category.id] = category.path


class Preview(Struct, frozen=True):
    """What an import would do to the catalogue."""

    counts: Counts
    samples: tuple[Sample, ...]


class Swap:
    """Goes through a staged feed in one work, and counts what it changes."""

    def __init__(self, work: ImportWork, feed_import: FeedImport, *, at: datetime) -> None:
        self._work = work
        self._import = feed_import
        self._at = at
        self._shelves = Shelves((), rehearsal=True)
        self._new: list[Sample] = []
        self._changed: list[Sample] = []
        self._counts = Counts()

    async def preview(self) -> Preview:
        """Return what would change. Nothing does."""
        await self._look_round(rehearsal=True)
        async for changes in self._changes():
            self._show(changes)
        return Preview(self._totals(), (*self._new, *self._changed))

    async def apply(self, actor: Actor) -> Counts:
        """Change the catalogue, and announce it. The rows must be matched and locked."""
        await self._look_round(rehearsal=False)
        crossings: list[StockChange] = []
        async for changes in self._changes():
            await self._work.staging.write(changes, at=self._at, reference=self._import.id)
            crossings += [_crossing(c) for c in changes if _is_of_note(c)]
        announce_crossings(self._work, actor, crossings, self._at)
        counts = self._totals()
        self._work.emit(_imported(replace(self._import, counts=counts), actor, self._at))
        return counts

    async def _look_round(self, *, rehearsal: bool) -> None:
        categories = await self._work.categories.list()
        self._shelves = Shelves(categories, rehearsal=rehearsal)

    async def _changes(self) -> AsyncIterator[Sequence[Change]]:
        """Yield changes by and by: first of what is gone, then of what is there."""
        async for known in self._missing():
            self._counts = replace(self._counts, missing=self._counts.missing + len(known))
            yield [each.gone() for each in known]
        async for pairs in self._differing():
            changes = [await self._change(staged.item, known) for staged, known in pairs]
            created = sum(change.before is None for change in changes)
            updated = sum(change.shows for change in changes) - created
            self._counts = replace(
                self._counts,
                created=self._counts.created + created,
                updated=self._counts.updated + updated,
            )
            yield changes

    async def _missing(self) -> AsyncIterator[Sequence[Known]]:
        after: ProductId | None = None
        while known := await self._work.staging.missing(
            self._import.id, after=after, limit=BATCH
        ):
            after = known[-1].product.id
            yield known

    async def _differing(self) -> AsyncIterator[Sequence[tuple[Staged, Known | None]]]:
        after = ""
        while pairs := await self._work.staging.differing(
            self._import.id, after=after, limit=BATCH
        ):
            after = folded(pairs[-1][0].item.code)
            yield pairs

    async def _change(self, item: FeedItem, known: Known | None) -> Change:
        locked = known is not None and "category_id" in known.product.locked_fields
        category_id = (
            None if locked else await self._shelves.place(self._work, item.category)
        )
        if known is None:
            return Change.new(item, category_id, at=self._at)
        return known.told(item, category_id, at=self._at)

    def _totals(self) -> Counts:
        differing = self._counts.created + self._counts.updated
        return replace(self._counts, unchanged=self._import.items - differing)

    def _show(self, changes: Sequence[Change]) -> None:
        """Keep some of what is new, and some of what changes, as samples."""
        for change in changes:
            kept = self._new if change.before is None else self._changed
            if change.shows and len(kept) < SAMPLES:
                kept.append(self._sample(change))

    def _sample(self, change: Change) -> Sample:
        product = change.after
        return Sample(product.vendor_sku, product.name, self._field_changes(change))

    def _field_changes(self, change: Change) -> tuple[FieldChange, ...]:
        if change.before is None:
            return ()
        changes = [
            FieldChange(
                field.removesuffix("_id"),
                self._shown(field, getattr(change.before, field)),
                self._shown(field, getattr(change.after, field)),
            )
            for field in change.fields
        ]
        before, after = change.before.on_hand, change.after.on_hand
        if change.moves:
            changes.append(FieldChange("stock", str(before), str(after)))
        return tuple(changes)

    def _shown(self, field: str, value: object) -> str:
        if field == "category_id":
            return self._shelves.path(value)  # type: ignore[arg-type] # the field says what it is
        return "" if value is None else str(value)


def refuse_shrunk(feed_import: FeedImport, last: FeedImport | None) -> None:
    """Raise Conflict if the feed has far fewer items than the last, and nobody said so."""
    if last is not None and feed_import.shrank(last) and not feed_import.forced:
        raise Conflict(
            f"The feed has {feed_import.items:,} products; the last one that was applied "
            f"had {last.items:,}. Nothing was changed. If it is right that so many are "
            "gone, say so and import it again.",
            code="shrank",
        )


def _is_of_note(change: Change) -> bool:
    """Return whether it may matter to somebody that the stock changed."""
    return bool(change.moves) and change.before is not None and not change.after.archived


def _crossing(change: Change) -> StockChange:
    product = change.after
    return StockChange(
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        before=change.before.available if change.before else 0,
        after=product.available,
    )


def _imported(feed_import: FeedImport, actor: Actor, at: datetime) -> FeedImported:
    return FeedImported(
        stamp=actor.stamp(at),
        import_id=feed_import.id,
        created=feed_import.counts.created,
        updated=feed_import.counts.updated,
        unchanged=feed_import.counts.unchanged,
        skipped=feed_import.skipped,
    )
