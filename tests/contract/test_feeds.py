"""The contracts of FeedSource and FeedReader."""

import pytest

from adapters.feed.reader import XmlFeedReader
from adapters.feed.source import Feeds
from adapters.memory.feed_source import MemoryFeedReader, MemoryFeeds
from portal_core.errors import Invalid, NotFound
from tests.feeds import a_row, as_lines, as_xml, in_chunks, some_rows


@pytest.fixture(params=["memory", "files"])
def lying(request, tmp_path):
    """A source in which a feed lies, and the feed's address."""
    feed = b"<item>" * 30_000
    if request.param == "memory":
        return MemoryFeeds({"feed.xml": feed}), "feed.xml", feed
    path = tmp_path / "feed.xml"
    path.write_bytes(feed)
    return Feeds(downloads=NoDownloads(), folder=tmp_path), str(path), feed


class NoDownloads:
    """Fetches nothing."""

    def fetch(self, url):
        """Refuse."""
        raise NotFound(f"Nothing lies at {url}.")


async def test_a_feed_is_opened_where_it_lies(lying):
    source, address, feed = lying
    async with source.open(address) as opened:
        assert opened.size == len(feed)
        assert b"".join([chunk async for chunk in opened.chunks]) == feed


async def test_there_may_be_no_feed(lying):
    source, address, _ = lying
    with pytest.raises(NotFound):
        async with source.open(f"{address}.other"):
            pass


@pytest.fixture(
    params=[(MemoryFeedReader, as_lines, 1), (XmlFeedReader, as_xml, 3)],
    ids=["memory", "xml"],
)
def format_(request):
    """A reader, what writes for it, and the line on which the first row stands."""
    return request.param


async def read(reader, feed):
    return [row async for batch in reader().rows(in_chunks(feed)) for row in batch]


async def test_rows_are_read_with_their_lines(format_):
    reader, written, first = format_
    rows = some_rows(700, ProductName2="A notebook.")
    found = await read(reader, written(rows))
    assert [row.line for row in found] == list(range(first, first + 700))
    names = [{name.lower(): text for name, text in row.fields.items()} for row in found]
    assert names == [{name.lower(): text for name, text in row.items()} for row in rows]


@pytest.mark.parametrize("text", ["007", "1e5", "<b>bold</b> & co", "  ", "Zoë 鼠"])
async def test_text_stays_text(format_, text):
    reader, written, _ = format_
    [row] = await read(reader, written([a_row(text)]))
    assert {name.lower(): value for name, value in row.fields.items()}["stockcode"] == text


async def test_a_feed_that_ends_too_early_is_refused(format_):
    reader, written, _ = format_
    feed = written(some_rows(20))
    with pytest.raises(Invalid) as refusal:
        await read(reader, feed[: len(feed) - 10])
    assert refusal.value.code == "malformed"


async def test_an_empty_feed_has_no_rows(format_):
    reader, written, _ = format_
    assert await read(reader, written([])) == []
