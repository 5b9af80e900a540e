"""Cursors as they stand in addresses: signed, so that only our own come back."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

import msgspec

from adapters.http.house import House
from portal_core.errors import Invalid
from portal_core.paging import Cursor


def write_cursor(house: House, cursor: Cursor | None, order: str) -> str | None:
    """Return the cursor as text. It holds only for `order`: the list and its sort."""
    if cursor is None:
        return None
    text = urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")
    return f"{text}.{house.sign('cursor', f'{order}:{text}')}"


def read_cursor(house: House, text: str, order: str) -> Cursor | None:
    """Return the cursor of a list in this order. Raises Invalid for any other."""
    if not text:
        return None
    body, _, signature = text.partition(".")
    try:
        if house.verify("cursor", f"{order}:{body}", signature):
            padded = body + "=" * (-len(body) % 4)
            return msgspec.json.decode(urlsafe_b64decode(padded), type=Cursor)
    except (Error, msgspec.DecodeError, UnicodeError):
        pass
    raise Invalid("This place in the list is gone. Start at the top.", field="cursor")
