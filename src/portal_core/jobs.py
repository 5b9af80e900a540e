"""Asking the worker to do something soon.

Due work lives in the database, with its attempts and leases. A job only says "there is
something to do": it may be lost or come twice, and the worker's poll finds what was lost.
"""

from enum import StrEnum
from typing import Protocol


class Chore(StrEnum):
    """What a worker does when it is asked, and again and again by itself."""

    RELAY = "relay"
    IMPORT_FEED = "import-feed"


class JobQueue(Protocol):
    """Carries chores to a worker. Asking twice before it began is asking once."""

    async def ask(self, chore: Chore) -> None:
        """Ask a worker to do the chore now. Never raises: the poll makes up for a loss."""
