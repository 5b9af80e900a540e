"""The contract of ImportRepository and StagingRepository."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.commerce.feed import Change, Known, Staged
from portal_core.commerce.feed_import import (
    LEASE,
    Counts,
    FeedImport,
    FieldChange,
    ImportState,
    Origin,
    Sample,
)
from portal_core.commerce.feed_reading import Fault, FeedRow, Reading
from portal_core.commerce.model import StockLevel
from portal_core.commerce.ports import ProductFilter
from portal_core.commerce.search import wanted
from portal_core.errors import Conflict, NotFound
from portal_core.ids import ImportId, new_id
from portal_core.paging import Window
from tests.contract.lists import walk
from tests.examples import a_category, a_product, aud
from tests.feeds import a_row
from tests.people import MSP, NOON

LATER = NOON + timedelta(days=1)


def an_import(*, at=NOON, **changes):
    feed_import = FeedImport.begin(Origin.UPLOAD, "feed.xml", by=MSP.ref, at=at)
    return replace(feed_import, **changes)


def staged(code="AB-100", line=3, **fields):
    return Staged(line, Reading(FeedRow(line, a_row(code, **fields)), "AUD").item())


async def stored(database, feed_import):
    async with database.begin() as work:
        await work.imports.add(feed_import)
    return feed_import


@pytest.fixture
async def an_id(database):
    """The id of an import that is being staged."""
    return (await stored(database, an_import())).id


async def swap(database, import_id, *changes, at=NOON):
    async with database.begin() as work:
        await work.staging.write(changes, at=at, reference=import_id)


async def put_aside(database, import_id, *rows):
    async with database.begin() as work:
        await work.staging.add(import_id, rows)


async def matched(database, import_id, *, lock=False):
    async with database.begin() as work:
        return await work.staging.match(import_id, lock=lock)


async def differing(database, import_id, *, after="", limit=100):
    async with database.read() as work:
        return await work.staging.differing(import_id, after=after, limit=limit)


async def missing(database, import_id, *, after=None, limit=100):
    async with database.read() as work:
        return await work.staging.missing(import_id, after=after, limit=limit)


async def product(database, sku):
    async with database.read() as work:
        return await work.products.get(sku)


async def test_an_import_comes_back_as_stored(database):
    whole = an_import(
        origin=Origin.ADDRESS,
        state=ImportState.REFUSED,
        updated_at=LATER,
        finished_at=LATER,
        leased_until=LATER,
        attempts=2,
        forced=True,
        size=3_000_000_000,
        read=2_999_999_999,
        rows=10,
        items=9,
        counts=Counts(created=1, updated=2, unchanged=3, missing=4),
        skipped=5,
        warnings=6,
        message="It shrank.",
        samples=(Sample("A", "<b>", (FieldChange("price", "1", ""),)), Sample("B", "b")),
    )
    for feed_import in (an_import(), whole):
        await stored(database, feed_import)
        async with database.read() as work:
            assert await work.imports.get(feed_import.id) == feed_import


async def test_an_import_that_is_not_there_is_not_found(database):
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.imports.get(ImportId(new_id()))


async def test_saving_needs_the_next_version(database):
    first = await stored(database, an_import())
    second = replace(first, rows=500, version=2)
    async with database.begin() as work:
        await work.imports.save(second)
    for stale in (first, second, replace(second, version=4)):
        async with database.begin() as work:
            with pytest.raises(Conflict) as refusal:
                await work.imports.save(stale)
            assert refusal.value.code == "stale"
    async with database.read() as work:
        assert await work.imports.get(first.id) == second


async def test_imports_are_listed_newest_first(database):
    imports = [an_import(at=NOON + timedelta(minutes=n)) for n in range(8)]
    for feed_import in imports:
        await stored(database, feed_import)
    async with database.read() as work:
        there, back = await walk(work.imports.page)
    assert there == back == imports[::-1]


async def test_the_last_one_applied_is_known(database):
    async with database.read() as work:
        assert await work.imports.last_done() is None
    done = {"state": ImportState.DONE}
    await stored(database, an_import(finished_at=NOON, **done))
    last = await stored(database, an_import(finished_at=LATER, **done))
    await stored(database, an_import(finished_at=NOON + timedelta(1), state="discarded"))
    async with database.read() as work:
        assert await work.imports.last_done() == last


@pytest.mark.parametrize("state", [ImportState.STAGING, ImportState.APPLYING])
async def test_the_oldest_import_under_way_is_claimed_once(database, state):
    newer = await stored(database, an_import(at=LATER, state=state))
    older = await stored(database, an_import(state=state))
    async with database.begin() as work:
        claimed = await work.imports.claim(now=LATER)
    assert claimed == replace(older, attempts=1, leased_until=LATER + LEASE, version=2)
    async with database.begin() as work:
        assert (await work.imports.claim(now=LATER)).id == newer.id
        assert await work.imports.claim(now=LATER) is None
    async with database.begin() as work:
        again = await work.imports.claim(now=LATER + LEASE)
    assert (again.id, again.attempts) == (older.id, 2)


async def test_what_waits_for_nobody_is_not_claimed(database):
    for state in ImportState:
        if state not in {ImportState.STAGING, ImportState.APPLYING}:
            await stored(database, an_import(state=state))
    async with database.begin() as work:
        assert await work.imports.claim(now=LATER) is None


async def test_uploads_come_back_piece_by_piece(database, an_id):
    pieces = [b"<rss>" * 1_000, b"", bytes(range(256))]
    async with database.begin() as work:
        for number, piece in enumerate(pieces):
            await work.staging.add_part(an_id, number, piece)
    async with database.read() as work:
        assert [await work.staging.part(an_id, n) for n in range(4)] == [*pieces, None]


async def test_a_row_comes_back_as_staged(database, an_id):
    rows = (
        staged("A", 3, ProductName="<b>&amp;</b> \u2028 \U0001f600", DBP="N/A", pubDate=""),
        staged("b/1", 4, ProductName=None, CategoryName="/".join("ABCDEFGHI"), ImageUrl=""),
    )
    await put_aside(database, an_id)
    await put_aside(database, an_id, *rows)
    assert await differing(database, an_id) == [(rows[0], None), (rows[1], None)]


@pytest.mark.parametrize("code", ["ab-100", "AB/100", "ab#100"])
async def test_a_sku_is_staged_once(database, an_id, code):
    await put_aside(database, an_id, staged())
    async with database.begin() as work:
        with pytest.raises(Conflict):
            await work.staging.add(an_id, [staged(code)])


async def test_the_lines_of_what_is_staged_are_known(database, an_id):
    other = await stored(database, an_import())
    await put_aside(database, an_id, staged("A", 3), staged("B/1", 4))
    await put_aside(database, other.id, staged("C", 5))
    async with database.read() as work:
        lines = await work.staging.lines(an_id, {"a", "b-1", "b/1", "c", "none"})
        assert lines == {"a": 3, "b-1": 4}
        assert await work.staging.lines(an_id, []) == {}


async def test_known_codes_are_told(database):
    async with database.begin() as work:
        await work.products.add(a_product("Own-1", vendor_sku="Theirs-1"))
    async with database.read() as work:
        known = await work.staging.known({"own-1", "theirs-1", "Own-1", "none"})
        assert known == {"own-1", "theirs-1"}
        assert await work.staging.known([]) == frozenset()


async def test_faults_are_listed_as_they_were_noted(database, an_id):
    faults = [
        Fault(line=n, code=f"C{n}", field="cost", reason="no", skipped=n % 3 == 0)
        for n in range(9)
    ]
    async with database.begin() as work:
        await work.staging.note(an_id, faults[:5], start=0)
        await work.staging.note(an_id, faults[5:], start=5)
        await work.staging.note(an_id, [], start=9)
    async with database.read() as work:
        there, back = await walk(lambda window: work.staging.faults(an_id, window))
        assert there == back == faults
        for skipped in (True, False):
            found = await work.staging.faults(an_id, Window(), skipped=skipped)
            assert list(found.items) == [f for f in faults if f.skipped is skipped]
        other = await work.staging.faults(ImportId(new_id()), Window())
        assert other.items == ()


async def test_a_swap_stores_products_with_their_stock(database, an_id):
    category = a_category("Shelf")
    async with database.begin() as work:
        await work.categories.add(category)
    change = Change.new(staged().item, category.id, at=NOON)
    await swap(database, an_id, change)
    assert await product(database, "ab-100") == change.after
    async with database.read() as work:
        levels = await work.stock.levels(change.after.id)
        assert levels == [StockLevel("NSW", 3), StockLevel("VIC", 2)]
        for words in ("harb", "ab100"):
            found = await work.products.page(ProductFilter(wanted=wanted(words)), Window())
            assert [each.id for each in found.items] == [change.after.id]


async def test_a_swap_changes_what_is_there(database, an_id):
    new = Change.new(staged().item, None, at=NOON)
    await swap(database, an_id, new)
    told = staged(ProductName="Orchard", RRP="5", OnHandChanelNsw="0", OnHandChanelSa="9")
    change = Known(new.after, new.levels).told(told.item, None, at=LATER)
    await swap(database, an_id, change, at=LATER)
    after = await product(database, "AB-100")
    assert after == change.after
    assert (after.name, after.price, after.on_hand, after.version) == (
        "Orchard",
        aud(500),
        11,
        2,
    )
    async with database.read() as work:
        assert await work.stock.levels(after.id) == [
            StockLevel("NSW", 0),
            StockLevel("SA", 9),
            StockLevel("VIC", 2),
        ]
        for words, count in (("orchard", 1), ("14", 0)):
            found = await work.products.page(ProductFilter(wanted=wanted(words)), Window())
            assert len(found.items) == count


async def test_a_swap_leaves_reservations_and_other_warehouses(database, an_id):
    new = Change.new(staged().item, None, at=NOON)
    await swap(database, an_id, new)
    async with database.begin() as work:
        before = replace(await work.products.get("AB-100"), reserved=2)
    gone = Known(before, new.levels).gone()
    await swap(database, an_id, gone, at=LATER)
    after = await product(database, "AB-100")
    assert (after.on_hand, after.feed_digest) == (0, None)


async def test_a_taken_sku_undoes_the_swap(database, an_id):
    async with database.begin() as work:
        await work.products.add(a_product("ab-100", vendor_sku="other"))
    changes = [Change.new(staged(c).item, None, at=NOON) for c in ("A", "AB-100")]
    with pytest.raises(Conflict):
        await swap(database, an_id, *changes)
    with pytest.raises(NotFound):
        await product(database, "A")


async def test_rows_are_about_the_product_with_their_code(database, an_id):
    own = a_product("OWN-1", vendor_sku="theirs-1")
    plain = a_product("PLAIN-1")
    async with database.begin() as work:
        await work.products.add(own)
        await work.products.add(plain)
    rows = staged("THEIRS-1", 3), staged("plain-1", 4), staged("new-1", 5)
    await put_aside(database, an_id, *rows)
    for lock in (False, True):
        assert await matched(database, an_id, lock=lock) == []
        found = await differing(database, an_id)
        about = {s.item.code: known and known.product for s, known in found}
        assert about == {"THEIRS-1": own, "plain-1": plain, "new-1": None}


async def test_the_suppliers_code_goes_before_the_sku(database, an_id):
    first, second = a_product("A", vendor_sku="B"), a_product("B", vendor_sku="C")
    async with database.begin() as work:
        for each in (first, second):
            await work.products.add(each)
    await put_aside(database, an_id, staged("B", 3), staged("C", 4), staged("A", 5))
    unusable = await matched(database, an_id)
    assert [each.item.code for each in unusable] == ["A"]
    found = await differing(database, an_id)
    assert {s.item.code: known.product for s, known in found} == {"B": first, "C": second}


async def test_of_two_products_with_one_code_the_older_is_meant(database, an_id):
    older, newer = sorted(
        (a_product("A", vendor_sku="X"), a_product("B", vendor_sku="x")),
        key=lambda each: each.id,
    )
    async with database.begin() as work:
        for each in (newer, older):
            await work.products.add(each)
    await put_aside(database, an_id, staged("X"))
    assert await matched(database, an_id) == []
    ((_, known),) = await differing(database, an_id)
    assert known.product == older


async def test_rows_that_can_not_become_products_are_taken_out(database, an_id):
    async with database.begin() as work:
        await work.products.add(a_product("A-1", vendor_sku="A/1"))
    rows = [
        staged("Z", 3, ProductName=""),
        staged("A-1", 4),
        staged("A#1", 5),
        staged("B", 6),
    ]
    other = await stored(database, an_import())
    await put_aside(database, other.id, staged("A/1", 3))
    await put_aside(database, an_id, rows[0], rows[2], rows[3])
    assert await matched(database, an_id) == [rows[0], rows[2]]
    assert await matched(database, an_id) == []
    assert [s for s, _ in await differing(database, an_id)] == [rows[3]]


async def test_a_product_without_a_name_in_the_feed_is_known(database, an_id):
    async with database.begin() as work:
        await work.products.add(a_product("A"))
    await put_aside(database, an_id, staged("A", ProductName=""))
    assert await matched(database, an_id) == []


async def test_what_the_feed_said_last_time_does_not_differ(database, an_id):
    same, other = staged("A"), staged("B")
    changes = [Change.new(row.item, None, at=NOON) for row in (same, other)]
    await swap(database, an_id, *changes)
    told = staged("B", RRP="9")
    await put_aside(database, an_id, same, told)
    await matched(database, an_id, lock=True)
    ((row, known),) = await differing(database, an_id)
    assert row == told
    assert known.product == changes[1].after
    assert set(known.levels) == {StockLevel("NSW", 3), StockLevel("VIC", 2)}


async def test_units_that_moved_make_a_product_differ(database, an_id):
    change = Change.new(staged().item, None, at=NOON)
    await swap(database, an_id, change)
    async with database.begin() as work:
        reserved = replace(change.moves[0], on_hand=0, reserved=1, warehouse="")
        await work.stock.apply([reserved], at=NOON, reference=None)
    await put_aside(database, an_id, staged())
    await matched(database, an_id)
    assert await differing(database, an_id) == []
    async with database.begin() as work:
        taken = replace(change.moves[0], on_hand=-1)
        await work.stock.apply([taken], at=NOON, reference=None)
    ((_, known),) = await differing(database, an_id)
    assert known.product.feed_digest is None
    assert StockLevel("NSW", 2) in known.levels


async def test_differing_rows_come_some_at_a_time(database, an_id):
    codes = ["b", "A", "E", "c", "D"]
    await put_aside(database, an_id, *(staged(c, n) for n, c in enumerate(codes, 3)))
    await matched(database, an_id)
    found, after = [], ""
    while rows := await differing(database, an_id, after=after, limit=2):
        assert len(rows) <= 2
        after = rows[-1][0].item.code.casefold()
        found += [row.item.code for row, _ in rows]
    assert found == ["A", "b", "c", "D", "E"]


async def test_missing_is_what_the_feed_knew_or_had_stock_of(database, an_id):
    there, gone, moved = (Change.new(staged(c).item, None, at=NOON) for c in "ABC")
    await swap(database, an_id, there, gone, moved)
    async with database.begin() as work:
        await work.products.add(a_product("OWN"))
        taken = replace(moved.moves[0], on_hand=-1)
        await work.stock.apply([taken], at=NOON, reference=None)
    await put_aside(database, an_id, staged("A"))
    await matched(database, an_id)
    found = await missing(database, an_id)
    assert {known.product.id for known in found} == {gone.after.id, moved.after.id}
    levels = {known.product.sku: set(known.levels) for known in found}
    assert levels["B"] == {StockLevel("NSW", 3), StockLevel("VIC", 2)}
    first = await missing(database, an_id, limit=1)
    assert first == found[:1]
    rest = await missing(database, an_id, after=first[0].product.id)
    assert rest == found[1:]
    await swap(database, an_id, *(known.gone() for known in found))
    assert await missing(database, an_id) == []


async def test_clearing_removes_what_one_import_has_staged(database, an_id):
    other = await stored(database, an_import())
    fault = Fault(line=3, code="", reason="no stock code", skipped=True)
    for import_id in (an_id, other.id):
        await put_aside(database, import_id, staged())
        async with database.begin() as work:
            await work.staging.note(import_id, [fault], start=0)
            await work.staging.add_part(import_id, 0, b"x")
    async with database.begin() as work:
        await work.staging.clear(an_id)
    async with database.read() as work:
        assert (await work.staging.faults(an_id, Window())).items == ()
        assert await work.staging.part(an_id, 0) == b"x"
        assert (await work.staging.faults(other.id, Window())).items == (fault,)
    assert await differing(database, an_id) == []
    assert len(await differing(database, other.id)) == 1


@pytest.mark.parametrize("state", list(ImportState))
async def test_sweeping_removes_what_is_over(database, state):
    feed_import = await stored(database, an_import(state=state))
    fault = Fault(line=3, code="", reason="no stock code", skipped=True)
    await put_aside(database, feed_import.id, staged())
    async with database.begin() as work:
        await work.staging.note(feed_import.id, [fault], start=0)
        await work.staging.add_part(feed_import.id, 0, b"x")
    async with database.begin() as work:
        await work.staging.sweep()
    async with database.read() as work:
        part = await work.staging.part(feed_import.id, 0)
        assert (part is None) is feed_import.over
        assert (await work.staging.faults(feed_import.id, Window())).items == (fault,)
    assert (await differing(database, feed_import.id) == []) is feed_import.over
