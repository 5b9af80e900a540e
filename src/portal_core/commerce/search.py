"""Finding products by what people type.

Products are found by terms: the words of the name and the maker, and the SKU in the ways
people write it, with and without hyphens and leading zeros. A word that is typed matches
every term that it begins. Storage only compares text, so every adapter finds the same.
"""

import re
import unicodedata
from collections.abc import Iterable

from msgspec import Struct

_SEPARATORS = re.compile(r"[\W_]+")
_MOST_WORDS = 8
_LONGEST_TERM = 64


class Wanted(Struct, frozen=True):
    """One typed word: terms begin with `prefix`, or are `exact` if that is not empty."""

    prefix: str
    exact: str = ""

    def fits(self, terms: Iterable[str]) -> bool:
        """Return whether any of the terms is what was typed."""
        return any(term.startswith(self.prefix) or term == self.exact for term in terms)


def wanted(text: str) -> tuple[Wanted, ...]:
    """Return what the typed text asks for: every one of these must fit a product."""
    found: dict[str, Wanted] = {}
    for word in _plain(text).split()[:_MOST_WORDS]:
        parts = _parts(word)
        joined = "".join(parts)[:_LONGEST_TERM]
        stripped = "".join(_without_zeros(parts))[:_LONGEST_TERM]
        if joined:
            found[joined] = Wanted(joined, stripped if stripped != joined else "")
    return tuple(found.values())


def terms_of(sku: str, *texts: str) -> frozenset[str]:
    """Return the terms by which a product with this SKU and these texts is found."""
    terms = set(_variants(_plain(sku)))
    for text in (sku, *texts):
        for word in _plain(text).split():
            terms.update(_variants(word))
    return frozenset(term[:_LONGEST_TERM] for term in terms if term)


def sku_key(sku: str) -> str:
    """Return the SKU as it is compared: in lower case, without hyphens and the like."""
    return "".join(_parts(_plain(sku)))


def _variants(word: str) -> set[str]:
    parts = _parts(word)
    joined, stripped = "".join(parts), _without_zeros(parts)
    return {*parts, *stripped, joined, joined.lstrip("0"), "".join(stripped)}


def _parts(word: str) -> list[str]:
    return [part for part in _SEPARATORS.split(word) if part]


def _without_zeros(parts: list[str]) -> list[str]:
    return [part.lstrip("0") or "0" for part in parts]


def _plain(text: str) -> str:
    """Return the text in lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char))
