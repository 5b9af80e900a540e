"""The pages of the memory database; the contract compares those of the others with it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.paging import page_of
from portal_core.paging import Window

NAMES = st.text("ab", max_size=2)
ROWS = st.lists(st.tuples(NAMES, st.integers(0, 5)), max_size=30).map(
    lambda rows: [(*row, str(position)) for position, row in enumerate(rows)]
)
LIMITS = st.integers(1, 8)


def pages(rows, limit, *, descending):
    """Return the pages of a list from its start to its end."""
    window, found = Window(limit), []
    while True:
        page = page_of(rows, lambda row: row, window, descending=descending)
        found.append(page)
        if page.next is None:
            return found
        window = Window(limit, page.next)


@given(ROWS, LIMITS, st.booleans())
def test_every_row_is_on_one_page(rows, limit, descending):
    seen = [row for page in pages(rows, limit, descending=descending) for row in page.items]
    assert seen == sorted(rows, reverse=descending)


@given(ROWS, LIMITS, st.booleans())
def test_the_way_back_shows_the_same_pages(rows, limit, descending):
    for before, page in pairwise(pages(rows, limit, descending=descending)):
        window = Window(limit, page.prev)
        assert page_of(rows, lambda row: row, window, descending=descending) == before


@given(ROWS, LIMITS, st.booleans(), st.data())
def test_what_comes_meanwhile_hides_no_other_row(rows, limit, descending, data):
    page, *_ = pages(rows, limit, descending=descending)
    more = [*rows, *data.draw(st.lists(st.tuples(NAMES, st.integers(0, 5), st.just("x"))))]
    seen, window = list(page.items), page.next
    while window:
        page = page_of(more, lambda row: row, Window(limit, window), descending=descending)
        seen += page.items
        window = page.next
    assert [row for row in seen if row[2] != "x"] == sorted(rows, reverse=descending)
