"""Suppliers' XML, as it comes: compressed, broken, and meant to do harm."""

import gzip

import pytest

from adapters.feed import gzipped
from adapters.feed.reader import DEEPEST, XmlFeedReader
from portal_core.errors import Invalid
from tests.feeds import a_row, as_xml, in_chunks, some_rows


async def read(feed, size=1_000):
    reader = XmlFeedReader()
    return [row async for batch in reader.rows(in_chunks(feed, size)) for row in batch]


async def refused(feed):
    """Return what is said of a feed that can't be read."""
    with pytest.raises(Invalid) as refusal:
        await read(feed)
    assert refusal.value.code == "malformed"
    assert refusal.value.message.endswith("Nothing was changed.")
    return refusal.value.message


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_it_matters_not_how_the_bytes_come(size):
    rows = [a_row("AB-1", ProductName="Zoë & <b>Co</b>"), a_row("AB-2")]
    whole = await read(as_xml(rows), 10**6)
    assert await read(as_xml(rows), size) == whole


async def test_a_compressed_feed_is_unpacked():
    feed = as_xml(some_rows(50))
    assert await read(gzip.compress(feed)) == await read(feed)
    two = gzip.compress(feed[:300]) + gzip.compress(feed[300:]) + b"\0" * 64
    assert await read(two) == await read(feed)


async def test_a_compressed_feed_that_is_cut_is_refused():
    packed = gzip.compress(as_xml(some_rows(50)))
    assert "ends too early" in await refused(packed[:-20])
    assert "not whole" in await refused(packed[:40] + b"\xff" * 40 + packed[80:])


async def test_a_bomb_is_defused(monkeypatch):
    monkeypatch.setattr(gzipped, "MOST_BYTES", 1_000_000)
    bomb = gzip.compress(b"<rss>" + b" " * 5_000_000 + b"</rss>")
    assert "more than 1 MB" in await refused(bomb)


async def test_items_are_found_anywhere_in_any_case():
    feed = (
        b'<?xml version="1.0"?><shop xmlns="urn:x" xmlns:y="urn:y"><list>'
        b'<y:ITEM StockCode="1e5" rrp="7"><PRODUCTNAME>A <b>bold</b> name</PRODUCTNAME>'
        b"<y:rrp>12.50</y:rrp><StockCode></StockCode></y:ITEM></list></shop>"
    )
    [row] = await read(feed)
    assert row.fields == {"stockcode": "1e5", "rrp": "7", "productname": "A bold name"}


@pytest.mark.parametrize(
    "head",
    [
        b'<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        b'<!DOCTYPE rss SYSTEM "http://127.0.0.1/feed.dtd">',
        b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
async def test_entities_are_refused(head):
    said = await refused(head + b"<rss><item><StockCode>&a;</StockCode></item></rss>")
    assert "line 1" in said
    assert "entities" in said


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (b"", "it ends too early"),
        (b"no xml at all", "line 1"),
        (b"<rss>\n<item>\n</rss>", "line 3"),
        (b"<rss><item>" + b"<a>" * DEEPEST, "nested too deeply"),
        (b"<rss><item><a>" + b"x" * 1_100_000, "says too much"),
        (b"<rss><!-- " + b"x" * 1_200_000, "has no end"),
        (b'<?xml version="1.0" encoding="klingon"?><rss/>', "encoding"),
    ],
)
async def test_what_is_broken_is_refused_with_its_reason(feed, said):
    assert said in await refused(feed)


async def test_an_old_encoding_is_read():
    feed = '<?xml version="1.0" encoding="ISO-8859-1"?><r><item a="Zoë"/></r>'
    [row] = await read(feed.encode("iso-8859-1"))
    assert row.fields == {"a": "Zoë"}
