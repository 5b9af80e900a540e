"""Suppliers' feeds, for tests: rows of fields, and the XML that holds them."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

import msgspec

USUAL = {
    "StockCode": "AB-100",
    "ProductName": "Harbour 14",
    "ProductName2": "A notebook.\nWith a bag.",
    "CategoryName": "Computers/Notebooks",
    "Manufacturer": "Harbour",
    "DBP": "1,000.50",
    "RRP": "1299.00",
    "OnHandChanelNsw": "3",
    "OnHandChanelQld": "0",
    "OnHandChanelVic": "2",
    "OnHandChanelSa": "",
    "Weight": "1.35",
    "Length": "32.1",
    "Width": "22",
    "Height": "1.8",
    "WarrantyLength": "3 years",
    "pubDate": "01/06/2026",
    "ImageUrl": "https://images.example.com/harbour-14.jpg",
}


def a_row(code="AB-100", **fields):
    """Return the fields of a sound row; name what matters, None leaves a field out."""
    changed = USUAL | {"StockCode": code} | fields
    return {name: text for name, text in changed.items() if text is not None}


def some_rows(count, **fields):
    """Return so many sound rows with codes of their own."""
    return [a_row(f"ROW-{number:05d}", **fields) for number in range(1, count + 1)]


def as_xml(rows):
    """Return the feed as a supplier publishes it: one item for each line, from line 3."""
    items = "".join(f"<item>{_elements(row)}</item>\n" for row in rows)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
    return f"{head}{items}</channel></rss>\n".encode()


def as_lines(rows):
    """Return the feed as the memory adapter reads it: one item for each line, from 1."""
    lines = [msgspec.json.encode(row) for row in rows]
    return b"\n".join([*lines, b"end"])


async def in_chunks(feed, size=1_000):
    """Yield the bytes of a feed, some at a time."""
    for start in range(0, len(feed), size):
        yield feed[start : start + size]


def _elements(row: Mapping[str, str]):
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in row.items())
