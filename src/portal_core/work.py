"""The port through which a service changes anything."""

from typing import Protocol

from portal_core.events import Event
from portal_core.idempotency import Answers


class Work(Protocol):
    """One all-or-nothing change.

    Leaving its block normally keeps everything; leaving with an exception keeps nothing.
    """

    @property
    def answers(self) -> Answers:
        """The answers already given to requests that carry an idempotency key."""

    def emit(self, event: Event) -> None:
        """Record a fact. It is audited and delivered if, and only if, the work is kept."""
