"""Walking through lists that come a page at a time."""

from portal_core.paging import Window


async def walk(read, limit=3):
    """Read a list to its end and back, and return the rows as seen on either way.

    `read` takes a window and returns its page.
    """
    page = await read(Window(limit))
    assert page.prev is None
    there = list(page.items)
    while page.next:
        page = await read(Window(limit, page.next))
        assert 0 < len(page.items) <= limit
        there += page.items
    back = list(page.items)
    while page.prev:
        page = await read(Window(limit, page.prev))
        assert 0 < len(page.items) <= limit
        assert page.next
        back = [*page.items, *back]
    return there, back
