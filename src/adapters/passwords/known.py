"""Passwords that attackers try first.

Two lists: the thirty thousand commonest ones, which zxcvbn brings, and if the operator has
put it there the one of Have I Been Pwned: lines of SHA-1 hashes in order, as its
downloader writes them with `-s true`, which are searched where they lie.
"""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from zxcvbn.frequency_lists import FREQUENCY_LISTS

FILE = "pwned-passwords.txt"
_HASH = 40
_LONGEST_LINE = 64


class ListedPasswords:
    """Looks passwords up in the lists."""

    def __init__(self, folder: Path) -> None:
        """Take the data folder, in which the operator's list may lie."""
        self._file = folder / FILE

    def known(self, password: str) -> bool:
        return password.casefold() in self._common or self._leaked(password)

    @cached_property
    def _common(self) -> frozenset[str]:
        return frozenset(FREQUENCY_LISTS["passwords"])

    def _leaked(self, password: str) -> bool:
        raw = password.encode(errors="replace")
        digest = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        wanted = digest.upper().encode()
        try:
            with self._file.open("rb") as lines:
                return _found(lines, wanted, self._file.stat().st_size)
        except FileNotFoundError:
            return False


def _found(lines: BinaryIO, wanted: bytes, size: int) -> bool:
    """Return whether a line begins with the hash, halving what is left at each step."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        lines.seek(max(middle - 1, 0))
        if middle:
            lines.readline(_LONGEST_LINE)  # the rest of the line before
        start = lines.tell()
        line = lines.readline(_LONGEST_LINE)[:_HASH].upper()
        if line == wanted:
            return True
        if not line or line > wanted or start >= high:
            high = middle
        else:
            low = start + len(line)
    return False
