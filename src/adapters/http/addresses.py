"""The address of a list with its whole state, so that a link changes one part of it."""

from urllib.parse import urlencode

from msgspec import Struct


class Address(Struct, frozen=True):
    """A path and its query, in order. A name may stand more than once."""

    path: str
    query: tuple[tuple[str, str], ...] = ()

    def but(self, **changes: str | int | None) -> str:
        """Return the address with some parts set anew; None and blank leave a part out.

        The cursor belongs to one order of one list: a change without a cursor drops it.
        """
        changes = {"cursor": None, **changes}
        kept = [
            (name, value) for name, value in self.query if name not in changes and value
        ]
        new = [
            (name, str(value)) for name, value in changes.items() if value not in (None, "")
        ]
        query = urlencode(kept + new)
        return f"{self.path}?{query}" if query else self.path

    def value(self, name: str) -> str:
        """Return the first value of a part, or a blank."""
        return next((value for key, value in self.query if key == name), "")
