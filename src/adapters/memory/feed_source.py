"""Feeds that a test has at hand: one JSON object of fields for each line."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec

from portal_core.commerce.feed_ports import OpenFeed
from portal_core.commerce.feed_reading import FeedRow
from portal_core.errors import Invalid, NotFound

_BATCH = 3


class MemoryFeeds:
    """Feeds by their address."""

    def __init__(self, feeds: Mapping[str, bytes] | None = None) -> None:
        self.feeds = dict(feeds or {})

    @asynccontextmanager
    async def open(self, address: str) -> AsyncIterator[OpenFeed]:
        if address not in self.feeds:
            raise NotFound(f"There is no feed at {address}.")
        feed = self.feeds[address]
        yield OpenFeed(_whole(feed), len(feed))


class MemoryFeedReader:
    """Reads one JSON object per line; a feed ends with a line that says so."""

    async def rows(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[Sequence[FeedRow]]:
        feed = b"".join([chunk async for chunk in chunks])
        *lines, end = feed.split(b"\n")
        batch: list[FeedRow] = []
        for number, line in enumerate(lines, 1):
            batch.append(FeedRow(number, _fields(line, number)))
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if end != b"end":
            raise _broken(len(lines) + 1)
        if batch:
            yield batch


async def _whole(feed: bytes) -> AsyncIterator[bytes]:
    yield feed


def _fields(line: bytes, number: int) -> Mapping[str, str]:
    try:
        return msgspec.json.decode(line, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise _broken(number) from error


def _broken(line: int) -> Invalid:
    message = f"This feed is broken at line {line}. Nothing was changed."
    return Invalid(message, field="file", code="malformed")
