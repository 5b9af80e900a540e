"""Reading the supplier's XML piece by piece, without trusting it.

Nothing is kept but the item that is being read. Document types, entities and whatever would
need memory that grows with the file are refused.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ErrorString

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from adapters.feed.gzipped import unpacked
from portal_core.commerce.feed_reading import FeedRow
from portal_core.errors import Invalid

ITEM = "item"
DEEPEST = 64
MOST_CHARACTERS = 1_000_000
"""How much one item may say, in all its fields."""

_PIECE = 65_536
_BATCH = 500
_LONGEST_TAG = 1_000_000
_UNFINISHED = {3, 5, 6}  # no element found, unclosed token, partial character


class XmlFeedReader:
    """Reads elements named `item`, wherever they are, whatever their case and namespace.

    Their attributes and the elements in them are the fields; text deeper down belongs to
    the field around it.
    """

    async def rows(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[Sequence[FeedRow]]:
        document = _Document()
        async for chunk in unpacked(chunks):
            for piece in _pieces(chunk):
                document.feed(piece)
                await asyncio.sleep(0)  # let others have a turn
            while len(document.rows) >= _BATCH:
                yield document.taken(_BATCH)
        document.close()
        while document.rows:
            yield document.taken(_BATCH)


class _Document:
    """A document that is being read, with the rows that were found and not yet taken."""

    def __init__(self) -> None:
        self.rows: list[FeedRow] = []
        items = _Items(self.rows, line=lambda: self._expat.CurrentLineNumber)
        self._parser = DefusedXMLParser(target=items, forbid_dtd=True)
        self._expat = self._parser.parser
        # ElementTree's own handlers make trees of everything; these only take what counts.
        self._expat.StartElementHandler = items.start
        self._expat.CharacterDataHandler = items.data
        self._expat.EndElementHandler = items.end
        self._fed = 0

    def feed(self, piece: bytes) -> None:
        """Read on. Raises Invalid."""
        try:
            self._parser.feed(piece)
        except DefusedXmlException as error:
            message = "it has a document type or entities, which a feed needs not"
            raise self._broken(message) from error
        except ParseError as error:
            raise self._broken(ErrorString(error.code), error.position[0]) from error
        except (LookupError, ValueError) as error:
            raise self._broken("its encoding is unknown") from error
        self._fed += len(piece)
        if self._fed - max(0, self._expat.CurrentByteIndex) > _LONGEST_TAG:
            raise self._broken("a tag or a comment has no end")

    def close(self) -> None:
        """Make sure that the document is complete. Raises Invalid."""
        try:
            self._parser.close()
        except ParseError as error:
            unfinished = error.code in _UNFINISHED
            reason = "it ends too early" if unfinished else ErrorString(error.code)
            raise self._broken(reason, error.position[0]) from error

    def taken(self, most: int) -> Sequence[FeedRow]:
        """Return the first rows, and forget them."""
        rows = self.rows[:most]
        del self.rows[:most]
        return rows

    def _broken(self, reason: str, line: int | None = None) -> Invalid:
        return broken(reason, line or self._expat.CurrentLineNumber)


class _Items:
    """Is told of tags and texts by the parser, and makes rows of items."""

    def __init__(self, rows: list[FeedRow], *, line: Callable[[], int]) -> None:
        self._rows = rows
        self._here = line
        self._depth = 0
        self._item_depth = 0
        self._line = 0
        self._size = 0
        self._fields: dict[str, str] = {}
        self._field = ""
        self._texts: list[str] = []

    def start(self, tag: str, attributes: Sequence[str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise broken("tags are nested too deeply", self._here())
        if self._item_depth:
            if self._depth == self._item_depth + 1:
                self._field = _local(tag)
                self._texts.clear()
            self._grow(len(tag))
        elif _local(tag) == ITEM:
            self._item_depth = self._depth
            self._line = self._here()
            self._fields = {}
            self._size = 0
            for name, text in zip(attributes[::2], attributes[1::2], strict=True):
                self._fields.setdefault(_local(name), text)

    def data(self, text: str) -> None:
        if self._field:
            self._texts.append(text)
            self._grow(len(text))

    def end(self, tag: str) -> None:  # noqa: ARG002 - the parser says which
        if self._item_depth:
            if self._depth == self._item_depth + 1:
                self._keep("".join(self._texts))
            elif self._depth == self._item_depth:
                self._item_depth = 0
                self._rows.append(FeedRow(self._line, self._fields))
        self._depth -= 1

    def close(self) -> None:
        """Have nothing more to do; the parser asks for this name."""

    def _keep(self, text: str) -> None:
        """Keep the field's text, unless it said something before."""
        if not self._fields.get(self._field, "").strip():
            self._fields[self._field] = text
        self._field = ""

    def _grow(self, characters: int) -> None:
        self._size += characters
        if self._size > MOST_CHARACTERS:
            raise broken("one item says too much", self._line)


def broken(reason: str, line: int) -> Invalid:
    """Return the refusal of a feed that can't be read."""
    message = f"This feed is broken at line {line}: {reason}. Nothing was changed."
    return Invalid(message, field="file", code="malformed")


def _local(tag: str) -> str:
    """Return the name without its namespace and its case."""
    return tag.rpartition("}")[2].lower()


def _pieces(chunk: bytes) -> Iterator[bytes]:
    return (chunk[start : start + _PIECE] for start in range(0, len(chunk), _PIECE))
