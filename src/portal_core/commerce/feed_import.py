"""Imports of the supplier's feed: each run, how far it has come, and what came of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Conflict
from portal_core.events import ActorRef
from portal_core.ids import ImportId, new_id

MOST_SHRINKAGE = 0.3
"""By which share a feed may have fewer products than the last one, without being asked."""

LEASE = timedelta(seconds=120)
"""How long a worker may be silent before its import is taken for interrupted."""

MOST_ATTEMPTS = 3
"""How often an interrupted step is begun again by itself."""


class ImportState(StrEnum):
    """How far an import has come."""

    STAGING = "staging"
    PREVIEWED = "previewed"
    APPLYING = "applying"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    DISCARDED = "discarded"


TRANSITIONS: Mapping[ImportState, frozenset[ImportState]] = {
    ImportState.STAGING: frozenset(
        {
            ImportState.PREVIEWED,
            ImportState.APPLYING,
            ImportState.REFUSED,
            ImportState.FAILED,
            ImportState.DISCARDED,
        }
    ),
    ImportState.PREVIEWED: frozenset({ImportState.APPLYING, ImportState.DISCARDED}),
    ImportState.APPLYING: frozenset(
        {ImportState.DONE, ImportState.REFUSED, ImportState.FAILED}
    ),
    ImportState.DONE: frozenset(),
    ImportState.REFUSED: frozenset(),
    ImportState.FAILED: frozenset(),
    ImportState.DISCARDED: frozenset(),
}
"""Where an import may go from each state. The catalogue changes on the way to DONE only."""


class Origin(StrEnum):
    """Where the feed of an import comes from."""

    COMMAND = "command"
    UPLOAD = "upload"
    ADDRESS = "address"


class FieldChange(Struct, frozen=True):
    """A field that an import changes, before and after, as people read it."""

    field: str
    before: str
    after: str


class Sample(Struct, frozen=True):
    """One of the products that an import changes; a new one has no changes."""

    code: str
    name: str
    changes: tuple[FieldChange, ...] = ()


class Counts(Struct, frozen=True, kw_only=True):
    """What an import does to the catalogue, in products."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    missing: int = 0


class FeedImport(Struct, frozen=True, kw_only=True):
    """One run of a feed through the pipeline: stage, validate, diff, apply.

    `read` of `size` bytes are staged (nobody may know the size); these were `rows` of the
    feed, of which `items` are distinct and sound. `skipped` and `warnings` count faults.
    `forced` lets it go on although the feed shrank. While it is leased, somebody works on
    it.
    """

    id: ImportId
    origin: Origin
    source: str
    state: ImportState = ImportState.STAGING
    by: ActorRef
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    leased_until: datetime | None = None
    attempts: int = 0
    forced: bool = False
    size: int | None = None
    read: int = 0
    rows: int = 0
    items: int = 0
    counts: Counts = Counts()
    skipped: int = 0
    warnings: int = 0
    message: str = ""
    samples: tuple[Sample, ...] = ()
    version: int = 1

    @classmethod
    def begin(
        cls,
        origin: Origin,
        source: str,
        *,
        by: ActorRef,
        at: datetime,
        size: int | None = None,
        forced: bool = False,
    ) -> "FeedImport":
        """Return a new import of which nothing is staged yet."""
        return cls(
            id=ImportId(new_id()),
            origin=origin,
            source=source,
            by=by,
            created_at=at,
            updated_at=at,
            size=size,
            forced=forced,
        )

    @property
    def under_way(self) -> bool:
        """Whether somebody works on it, or should."""
        return self.state in {ImportState.STAGING, ImportState.APPLYING}

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return not TRANSITIONS[self.state]

    def moved(self, state: ImportState, *, at: datetime, message: str = "") -> "FeedImport":
        """Return the import in its next state, for which nobody has a lease yet.

        Raises Conflict if it may not go there.
        """
        if state not in TRANSITIONS[self.state]:
            raise Conflict(
                f"This import is {self.state} already. Look at it again.", code="stale"
            )
        finished = at if not TRANSITIONS[state] else None
        return replace(
            self,
            state=state,
            message=message,
            updated_at=at,
            finished_at=finished,
            leased_until=None,
            attempts=0,
        )

    def leased(self, *, at: datetime) -> "FeedImport":
        """Return the import in the hands of whoever works on it now."""
        return replace(self, leased_until=at + LEASE, updated_at=at)

    def begun_again(self, *, at: datetime) -> "FeedImport":
        """Return the import with nothing staged, to be read from its start."""
        fresh = FeedImport.begin(
            self.origin,
            self.source,
            by=self.by,
            at=self.created_at,
            size=self.size,
            forced=self.forced,
        )
        return replace(
            fresh,
            id=self.id,
            attempts=self.attempts,
            leased_until=self.leased_until,
            updated_at=at,
            version=self.version,
        )

    def shrank(self, last: "FeedImport | None") -> bool:
        """Return whether it has far fewer items than the last import that was applied."""
        return last is not None and self.items < last.items * (1 - MOST_SHRINKAGE)
