"""What reading the record needs from the outside world."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from portal_core.audit.model import Entry


class TrailQueries(Protocol):
    """The recorded events, to read."""

    async def of_subject(self, subject_id: UUID) -> Sequence[Entry]:
        """Return what happened to one thing, oldest first.

        The caller has found the thing in its own company before: ids are not guessed.
        """
