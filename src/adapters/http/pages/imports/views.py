"""Imports of the supplier's feed as their templates read them."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from litestar.datastructures import UploadFile
from msgspec import Struct

from adapters.http.addresses import Address
from adapters.http.forms import Filled
from portal_core.commerce.feed_import import (
    TRANSITIONS,
    Counts,
    FeedImport,
    ImportState,
    Origin,
    Sample,
)
from portal_core.commerce.feed_reading import Fault
from portal_core.paging import Page

DESK = "/admin/imports"

LARGEST_UPLOAD = 60_000_000
"""How large the request may be that brings a feed."""

_LONGEST_VALUE = 120


class UploadForm(Struct, frozen=True, kw_only=True):
    """What the form of a feed sends."""

    file: UploadFile | None = None


class ApplyForm(Struct, frozen=True, kw_only=True):
    """What the button that applies a feed sends."""

    forced: bool = False


class Kind(StrEnum):
    """Which faults are shown."""

    SKIPPED = "skipped"
    WARNINGS = "warnings"
    ALL = "all"


class Look(Struct, frozen=True):
    """How a state looks: words, colour, icon."""

    label: str
    tone: str
    sign: str


LOOKS: Mapping[ImportState, Look] = {
    ImportState.STAGING: Look("Reading", "info", "loader-2"),
    ImportState.PREVIEWED: Look("Waiting for you", "warning", "eye"),
    ImportState.APPLYING: Look("Applying", "info", "loader-2"),
    ImportState.DONE: Look("Applied", "success", "circle-check"),
    ImportState.REFUSED: Look("Refused", "danger", "ban"),
    ImportState.FAILED: Look("Failed", "danger", "alert-circle"),
    ImportState.DISCARDED: Look("Discarded", "neutral", "trash"),
}

ORIGINS: Mapping[Origin, str] = {
    Origin.COMMAND: "From the command line",
    Origin.UPLOAD: "Uploaded",
    Origin.ADDRESS: "From the supplier’s address",
}


class RowView(Struct, frozen=True, kw_only=True):
    """An import in the list. `counts` stands for nothing until there is a preview."""

    href: str
    source: str
    origin: str
    look: Look
    created: int
    updated: int
    faults: int
    counted: bool
    created_at: datetime
    by: str


class ListView(Struct, frozen=True, kw_only=True):
    """What the list of imports reads."""

    address: Address
    rows: tuple[RowView, ...]
    prev: str | None
    next: str | None


class NewView(Struct, frozen=True, kw_only=True):
    """What the form of a new import reads. Of the feed's address it knows the host."""

    filled: Filled[UploadForm]
    host: str
    megabytes: int


_PROMISES: Mapping[ImportState, str] = {
    ImportState.STAGING: "The feed is read and checked. Nothing has changed yet.",
    ImportState.PREVIEWED: "Nothing has changed yet. This is what applying it would do.",
    ImportState.APPLYING: "All of it is applied, or nothing is.",
    ImportState.DONE: "This is what was changed.",
    ImportState.REFUSED: "Nothing was changed.",
    ImportState.FAILED: "Nothing was changed.",
    ImportState.DISCARDED: "Nothing was changed.",
}


class ProgressView(Struct, frozen=True, kw_only=True):
    """How far an import under way is. Without a `percent` nobody knows."""

    label: str
    percent: int | None
    rows: int


class ChangeView(Struct, frozen=True, kw_only=True):
    """A field before and after."""

    field: str
    before: str
    after: str


class SampleView(Struct, frozen=True, kw_only=True):
    """One of the products that an import changes."""

    code: str
    name: str
    changes: tuple[ChangeView, ...]


class FaultView(Struct, frozen=True, kw_only=True):
    """Something wrong with a row of the feed."""

    line: int
    code: str
    field: str
    reason: str
    skipped: bool


class FaultsView(Struct, frozen=True, kw_only=True):
    """What is wrong with the feed: a part of the list, and the ways to the rest."""

    tabs: tuple[tuple[str, str, bool, int], ...]
    rows: tuple[FaultView, ...]
    prev: str | None
    next: str | None


class ImportView(Struct, frozen=True, kw_only=True):
    """What the page of an import reads."""

    address: Address
    here: str
    source: str
    origin: str
    look: Look
    promise: str
    reason: str
    progress: ProgressView | None
    figures: tuple[tuple[str, int, str, str], ...]
    new: tuple[SampleView, ...]
    changed: tuple[SampleView, ...]
    faults: FaultsView | None
    shrunk: str
    may_apply: bool
    may_discard: bool
    by: str
    created_at: datetime
    finished_at: datetime | None
    rows: int


_COUNTED = {ImportState.PREVIEWED, ImportState.APPLYING, ImportState.DONE}


def row_of(feed_import: FeedImport) -> RowView:
    """Return the import as a row that links to its page."""
    counts = feed_import.counts
    return RowView(
        href=f"{DESK}/{feed_import.id}",
        source=source_of(feed_import),
        origin=ORIGINS[feed_import.origin],
        look=LOOKS[feed_import.state],
        created=counts.created,
        updated=counts.updated,
        faults=feed_import.skipped + feed_import.warnings,
        counted=_is_counted(feed_import),
        created_at=feed_import.created_at,
        by=feed_import.by.name,
    )


def source_of(feed_import: FeedImport) -> str:
    """Return where the feed came from. Of an address, which may be secret, the host."""
    if feed_import.origin is Origin.UPLOAD or "://" not in feed_import.source:
        return feed_import.source
    return host_of(feed_import.source)


def host_of(address: str) -> str:
    """Return the part of an address that may be shown; nothing of none."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        host = None
    return host or ("an address" if address else "")


def import_of(
    feed_import: FeedImport,
    address: Address,
    faults: FaultsView | None,
    *,
    shrunk: str = "",
) -> ImportView:
    """Return everything about the import. `shrunk` is why it was not applied just now."""
    state, counted = feed_import.state, _is_counted(feed_import)
    samples = feed_import.samples if counted else ()
    return ImportView(
        address=address,
        here=f"{DESK}/{feed_import.id}",
        source=source_of(feed_import),
        origin=ORIGINS[feed_import.origin],
        look=LOOKS[state],
        promise=_PROMISES[state],
        reason=feed_import.message,
        progress=_progress(feed_import) if feed_import.under_way else None,
        figures=_figures(feed_import) if counted else (),
        new=tuple(_sample(one) for one in samples if not one.changes),
        changed=tuple(_sample(one) for one in samples if one.changes),
        faults=faults,
        shrunk=shrunk,
        may_apply=state is ImportState.PREVIEWED,
        may_discard=ImportState.DISCARDED in TRANSITIONS[state],
        by=feed_import.by.name,
        created_at=feed_import.created_at,
        finished_at=feed_import.finished_at,
        rows=feed_import.rows,
    )


def faults_of(
    feed_import: FeedImport,
    page: Page[Fault],
    kind: Kind,
    *,
    prev: str | None,
    next: str | None,  # noqa: A002 - the name that every list has
) -> FaultsView:
    """Return a part of what is wrong with the feed."""
    here = f"{DESK}/{feed_import.id}"
    skipped, warnings = feed_import.skipped, feed_import.warnings
    return FaultsView(
        tabs=(
            ("Skipped", f"{here}?kind=skipped", kind is Kind.SKIPPED, skipped),
            ("Field left out", f"{here}?kind=warnings", kind is Kind.WARNINGS, warnings),
            ("All", f"{here}?kind=all", kind is Kind.ALL, skipped + warnings),
        ),
        rows=tuple(_fault(fault) for fault in page.items),
        prev=prev,
        next=next,
    )


def _is_counted(feed_import: FeedImport) -> bool:
    """Return whether it is known what the import does, or would have done."""
    discarded = feed_import.state is ImportState.DISCARDED
    return feed_import.state in _COUNTED or (discarded and feed_import.counts != Counts())


def _progress(feed_import: FeedImport) -> ProgressView:
    reading = feed_import.state is ImportState.STAGING
    size = feed_import.size if reading else None
    return ProgressView(
        label="Reading the feed" if reading else "Applying the feed",
        percent=min(100, feed_import.read * 100 // size) if size else None,
        rows=feed_import.rows,
    )


def _figures(feed_import: FeedImport) -> tuple[tuple[str, int, str, str], ...]:
    """Return label, count, hint and icon of each thing that the import does."""
    counts = feed_import.counts
    return (
        ("Created", counts.created, "new products", "plus"),
        ("Updated", counts.updated, "known products that change", "refresh"),
        ("Unchanged", counts.unchanged, "as the feed says already", "circle-check"),
        ("Not in the feed", counts.missing, "out of stock from then on", "package-off"),
        ("Skipped", feed_import.skipped, "rows that can’t be imported", "circle-minus"),
        ("Field left out", feed_import.warnings, "imported but for it", "alert-triangle"),
    )


def _sample(sample: Sample) -> SampleView:
    return SampleView(
        code=sample.code,
        name=sample.name,
        changes=tuple(
            ChangeView(
                field=_field(change.field),
                before=_short(change.before),
                after=_short(change.after),
            )
            for change in sample.changes
        ),
    )


def _field(name: str) -> str:
    words = re.sub("[._]", " ", name)
    return words[:1].upper() + words[1:]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _fault(fault: Fault) -> FaultView:
    return FaultView(
        line=fault.line,
        code=fault.code,
        field=_field(fault.field),
        reason=fault.reason,
        skipped=fault.skipped,
    )
