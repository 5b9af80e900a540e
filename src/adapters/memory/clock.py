"""A clock that stands still until it is told otherwise."""

from datetime import datetime, timedelta


class SettableClock:
    """Says what it was set to."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by
