"""What the database needs to keep secrets from whoever reads its files."""

from typing import Protocol


class Secrets(Protocol):
    """Encrypts texts for the columns that hold secrets."""

    def seal(self, text: str) -> str:
        """Return the text encrypted under the newest key."""

    def open(self, sealed: str) -> str:
        """Return the text that was sealed, under whichever live key."""
