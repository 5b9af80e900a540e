"""Imports as their people see them: uploads, previews, decisions; and the worker's part."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from adapters.memory.feed_source import MemoryFeedReader, MemoryFeeds
from adapters.memory.jobs import MemoryJobQueue
from portal_core.commerce.events import FeedImported
from portal_core.commerce.feed_import import Counts, FieldChange, ImportState, Origin
from portal_core.commerce.importing import ImportingService
from portal_core.commerce.imports import PART, ImportService
from portal_core.errors import Conflict, Forbidden, Invalid, NotFound
from portal_core.ids import ImportId, new_id
from portal_core.jobs import Chore
from portal_core.paging import Window
from tests.feeds import a_row, as_lines, in_chunks, some_rows
from tests.people import BUYER, MSP, SYSTEM

ADDRESS = "https://supplier.example/feed"


@pytest.fixture
def source():
    return MemoryFeeds()


@pytest.fixture
def jobs():
    return MemoryJobQueue()


@pytest.fixture
def importing(database, source, clock):
    return ImportingService(
        database=database,
        reader=MemoryFeedReader(),
        source=source,
        clock=clock,
        currency="AUD",
    )


class InterruptedReader(MemoryFeedReader):
    """Is killed when it has read some rows."""

    async def rows(self, chunks):
        async for rows in super().rows(chunks):
            yield rows
            raise KeyboardInterrupt


@pytest.fixture
def killed(database, source, clock):
    """The service of a worker that will not live long."""
    return ImportingService(
        database=database,
        reader=InterruptedReader(),
        source=source,
        clock=clock,
        currency="AUD",
    )


@pytest.fixture
def imports(database, jobs, clock):
    return ImportService(database=database, jobs=jobs, clock=clock)


@pytest.fixture
def upload(imports):
    """Upload rows as a feed, for the worker."""

    async def uploaded(rows):
        return await imports.upload(MSP, "feed.xml", in_chunks(as_lines(rows)))

    return uploaded


@pytest.fixture
def run(importing, source):
    """Import rows in one go."""

    async def imported(rows, **options):
        source.feeds["feed"] = as_lines(rows)
        return await importing.run(MSP, "feed", **options)

    return imported


async def all_faults(imports, feed_import):
    return (await imports.faults(MSP, feed_import.id, Window(500))).items


async def test_a_feed_is_imported_in_one_go(run, catalogue, facts):
    done = await run(some_rows(7))
    assert done.state is ImportState.DONE
    assert done.counts == Counts(created=7)
    assert (done.rows, done.items, done.skipped, done.warnings) == (7, 7, 0, 0)
    sheet = await catalogue.get(MSP, "row-00003")
    assert sheet.category.path == "Computers/Notebooks"
    assert [(x.warehouse, x.on_hand) for x in sheet.levels] == [("NSW", 3), ("VIC", 2)]
    (fact,) = facts(FeedImported)
    assert (fact.created, fact.unchanged, fact.stamp.actor) == (7, 0, MSP.ref)
    assert fact.import_id == done.id


async def test_progress_is_told(run):
    told = []
    await run(some_rows(7), heard=told.append)
    assert [each.rows for each in told] == [3, 6, 7]
    assert told[-1].read == told[-1].size > 0


async def test_rows_at_hand_are_imported_too(importing, catalogue):
    done = await importing.run_rows(SYSTEM, "a demo", iter(some_rows(501)))
    assert done.counts == Counts(created=501)
    assert done.source == "a demo"
    with pytest.raises(Invalid, match="no products"):
        await importing.run_rows(SYSTEM, "nothing", [])


async def test_a_rehearsal_changes_nothing(run, database, facts):
    done = await run(some_rows(3), rehearsal=True)
    assert done.counts == Counts(created=3)
    assert done.state is ImportState.DISCARDED
    assert database.tables.products == database.tables.categories == {}
    assert facts(FeedImported) == []
    assert (await run(some_rows(3))).counts == Counts(created=3)


async def test_rows_that_can_not_be_imported_are_skipped_and_reported(run, imports):
    rows = [
        a_row("A"),
        a_row(""),
        a_row("a"),
        a_row("B", ProductName=""),
        a_row("C", DBP="N/A"),
        a_row("X/1"),
        a_row("X-1"),
        a_row("C"),
    ]
    done = await run(rows)
    assert done.counts == Counts(created=3)
    assert (done.rows, done.items, done.skipped, done.warnings) == (8, 3, 5, 1)
    faults = await all_faults(imports, done)
    assert [(f.line, f.code, f.reason, f.skipped) for f in faults] == [
        (2, "", "no stock code", True),
        (3, "a", "the same stock code as on line 1", True),
        (4, "B", "no name, and no product with this code yet", True),
        (5, "C", "“N/A” is not an amount of money", False),
        (7, "X-1", "the same stock code as on line 6", True),
        (8, "C", "the same stock code as on line 5", True),
    ]
    skipped = await imports.faults(MSP, done.id, Window(), skipped=True)
    assert all(fault.skipped for fault in skipped.items)


async def test_a_known_product_may_come_without_a_name(run, imports, catalogue):
    await run([a_row("A")])
    done = await run([a_row("A", ProductName="", RRP="5")])
    assert done.counts == Counts(updated=1)
    (fault,) = await all_faults(imports, done)
    assert (fault.field, fault.reason, fault.skipped) == ("name", "no name", False)
    assert (await catalogue.get(MSP, "A")).product.name == "Harbour 14"


async def test_a_sku_of_another_product_is_not_taken(run, imports, catalogue):
    await run([a_row("A/1")])
    done = await run([a_row("A/1"), a_row("B")])
    assert done.counts == Counts(created=1, unchanged=1)
    product = (await catalogue.get(MSP, "A-1")).product
    assert product.vendor_sku == "A/1"
    done = await run([a_row("A/1", RRP="2"), a_row("B", RRP="2")])
    assert done.counts == Counts(updated=2)


async def test_products_are_found_by_the_suppliers_code_before_the_sku(
    run, catalogue, database
):
    await run([a_row("A"), a_row("B")])
    products = database.tables.products
    for sku, code in (("A", "B"), ("B", "Z")):
        product = (await catalogue.get(MSP, sku)).product
        products[product.id] = replace(product, vendor_sku=code)
    await run([a_row("B", ProductName="told as B"), a_row("Z", ProductName="told as Z")])
    assert (await catalogue.get(MSP, "A")).product.name == "told as B"
    assert (await catalogue.get(MSP, "B")).product.name == "told as Z"
    rows = [a_row("B", ProductName="b"), a_row("A", ProductName="a")]
    done = await run(rows, forced=True)
    assert done.skipped == 1
    assert (await catalogue.get(MSP, "A")).product.name == "b"


async def test_the_same_feed_again_changes_nothing(run, database):
    rows = some_rows(5, OnHandChanelNsw="-4")
    await run(rows)
    before = database.tables
    done = await run(rows)
    assert done.counts == Counts(unchanged=5)
    for table in ("products", "categories", "levels", "ledger"):
        assert getattr(database.tables, table) == getattr(before, table)


async def test_what_is_not_in_the_feed_any_more_is_out_of_stock(run, catalogue):
    await run(some_rows(4))
    done = await run(some_rows(3))
    assert done.counts == Counts(unchanged=3, missing=1)
    sheet = await catalogue.get(MSP, "ROW-00004")
    assert sheet.product.available == 0
    assert not sheet.product.archived
    assert (await run(some_rows(3))).counts == Counts(unchanged=3)
    assert (await run(some_rows(4))).counts == Counts(updated=1, unchanged=3)
    assert (await catalogue.get(MSP, "ROW-00004")).product.available == 5


async def test_a_feed_that_shrank_is_refused_unless_told_to_go_on(run, catalogue, imports):
    await run(some_rows(10))
    with pytest.raises(Conflict) as refusal:
        await run(some_rows(6))
    assert refusal.value.code == "shrank"
    assert (await catalogue.get(MSP, "ROW-00010")).product.available == 5
    newest = (await imports.page(MSP, Window())).items[0]
    assert newest.state is ImportState.REFUSED
    assert newest.message == refusal.value.message
    assert (await run(some_rows(6), forced=True)).counts == Counts(unchanged=6, missing=4)
    assert (await run(some_rows(5))).counts == Counts(unchanged=5, missing=1)


async def test_a_rehearsal_refuses_what_shrank_too(run):
    await run(some_rows(10))
    with pytest.raises(Conflict):
        await run(some_rows(6), rehearsal=True)


@pytest.mark.parametrize("forced", [False, True])
async def test_a_broken_feed_changes_nothing(importing, source, database, forced):
    source.feeds["feed"] = as_lines(some_rows(50))[:-40]
    with pytest.raises(Invalid) as refusal:
        await importing.run(MSP, "feed", forced=forced)
    assert refusal.value.code == "malformed"
    assert database.tables.products == database.tables.staged == {}


async def test_a_feed_without_products_is_refused(run):
    for rows in ([], [a_row("")]):
        with pytest.raises(Invalid) as refusal:
            await run(rows, forced=True)
        assert refusal.value.code == "empty"


async def test_a_feed_that_is_not_there_is_refused(importing, imports):
    with pytest.raises(NotFound):
        await importing.run(MSP, "nowhere")
    assert (await imports.page(MSP, Window())).items[0].state is ImportState.FAILED


async def test_nothing_is_left_behind(run, database):
    await run(some_rows(4))
    await run(some_rows(4), rehearsal=True)
    assert database.tables.staged == {}


async def test_an_upload_waits_for_the_worker_and_for_a_person(
    upload, imports, importing, jobs, catalogue, facts
):
    await upload([a_row("OLD"), a_row("B")])
    await importing.work(SYSTEM)
    (first,) = (await imports.page(MSP, Window())).items
    await imports.apply(MSP, first.id)
    await importing.work(SYSTEM)

    waiting = await upload([a_row("OLD", RRP="2", OnHandChanelNsw="4"), *some_rows(2)])
    assert (waiting.origin, waiting.state) == (Origin.UPLOAD, ImportState.STAGING)
    assert jobs.waiting == [Chore.IMPORT_FEED]
    assert await importing.work(SYSTEM) == 1

    seen = await imports.get(MSP, waiting.id)
    assert seen.state is ImportState.PREVIEWED
    assert seen.counts == Counts(created=2, updated=1, missing=1)
    assert seen.read == seen.size > 0
    by_code = {sample.code: sample.changes for sample in seen.samples}
    assert by_code["ROW-00001"] == ()
    assert by_code["OLD"] == (
        FieldChange("price", "1299.00 AUD", "2.00 AUD"),
        FieldChange("stock", "5", "6"),
    )
    assert by_code["B"] == (FieldChange("stock", "5", "0"),)
    assert (await catalogue.get(MSP, "OLD")).product.available == 5

    applying = await imports.apply(MSP, waiting.id)
    assert applying.state is ImportState.APPLYING
    assert await importing.work(SYSTEM) == 1
    done = await imports.get(MSP, waiting.id)
    assert (done.state, done.counts) == (ImportState.DONE, seen.counts)
    assert (await catalogue.get(MSP, "OLD")).product.available == 6
    assert {fact.stamp.actor for fact in facts(FeedImported)} == {MSP.ref}
    assert await importing.work(SYSTEM) == 0


async def test_a_category_of_a_preview_is_shown_by_its_path(
    upload, imports, importing, run
):
    await run([a_row("A"), a_row("B")])
    await upload([a_row("A", CategoryName="New/Shelf"), a_row("B", CategoryName="")])
    await importing.work(SYSTEM)
    newest = (await imports.page(MSP, Window())).items[0]
    assert {sample.changes for sample in newest.samples} == {
        (FieldChange("category", "Computers/Notebooks", "New/Shelf"),),
        (FieldChange("category", "Computers/Notebooks", ""),),
    }


async def test_what_is_discarded_is_gone(upload, imports, importing, database):
    waiting = await upload(some_rows(2))
    await importing.work(SYSTEM)
    discarded = await imports.discard(MSP, waiting.id)
    assert discarded.state is ImportState.DISCARDED
    assert database.tables.staged == database.tables.feed_parts == {}
    for refused in (imports.discard, imports.apply):
        with pytest.raises(Conflict):
            await refused(MSP, waiting.id)
    assert database.tables.products == {}


async def test_an_upload_can_be_discarded_before_the_worker_comes(
    upload, imports, importing
):
    waiting = await upload(some_rows(2))
    await imports.discard(MSP, waiting.id)
    assert await importing.work(SYSTEM) == 0


async def test_a_person_may_say_that_a_feed_is_right_to_have_shrunk(
    upload, imports, importing, run
):
    await run(some_rows(10))
    waiting = await upload(some_rows(2))
    await importing.work(SYSTEM)
    with pytest.raises(Conflict) as refusal:
        await imports.apply(MSP, waiting.id)
    assert refusal.value.code == "shrank"
    await imports.apply(MSP, waiting.id, forced=True)
    await importing.work(SYSTEM)
    done = await imports.get(MSP, waiting.id)
    assert done.counts == Counts(unchanged=2, missing=8)


async def test_a_feed_may_shrink_while_it_waits_to_be_applied(
    upload, imports, importing, run
):
    waiting = await upload(some_rows(2))
    await importing.work(SYSTEM)
    await imports.apply(MSP, waiting.id)
    await run(some_rows(10))
    await importing.work(SYSTEM)
    assert (await imports.get(MSP, waiting.id)).state is ImportState.REFUSED


async def test_a_broken_upload_says_why(imports, importing):
    broken = as_lines(some_rows(9))[:-1]
    waiting = await imports.upload(MSP, "feed.xml", in_chunks(broken))
    await importing.work(SYSTEM)
    refused = await imports.get(MSP, waiting.id)
    assert refused.state is ImportState.REFUSED
    assert "broken at line" in refused.message


async def test_an_empty_or_endless_upload_is_refused(database, clock, jobs):
    imports = ImportService(database=database, jobs=jobs, clock=clock, most_bytes=2_000_000)
    with pytest.raises(Invalid) as refusal:
        await imports.upload(MSP, "feed.xml", in_chunks(b""))
    assert refusal.value.code == "empty"

    async def endless():
        while True:
            yield b"x" * PART

    with pytest.raises(Invalid) as refusal:
        await imports.upload(MSP, "feed.xml", endless())
    assert refusal.value.message == "A feed may have at most 2 MB."
    for refused in (await imports.page(MSP, Window())).items:
        assert refused.state is ImportState.REFUSED
    assert database.tables.feed_parts == {}
    assert jobs.waiting == []


async def test_the_configured_address_is_fetched(imports, importing, settings, source):
    with pytest.raises(Invalid, match="settings"):
        await imports.fetch(MSP)
    current = await settings.get(MSP)
    await settings.change(MSP, replace(current, feed_url=ADDRESS))
    source.feeds[ADDRESS] = as_lines(some_rows(2))
    waiting = await imports.fetch(MSP)
    assert (waiting.origin, waiting.source) == (Origin.ADDRESS, ADDRESS)
    await importing.work(SYSTEM)
    assert (await imports.get(MSP, waiting.id)).state is ImportState.PREVIEWED
    del source.feeds[ADDRESS]
    waiting = await imports.fetch(MSP)
    await importing.work(SYSTEM)
    failed = await imports.get(MSP, waiting.id)
    assert (failed.state, failed.message) == (
        ImportState.FAILED,
        f"There is no feed at {ADDRESS}.",
    )


async def test_what_a_killed_worker_had_begun_is_begun_again(
    upload, imports, importing, database, clock
):
    waiting = await upload(some_rows(4))
    async with database.begin() as work:
        claimed = await work.imports.claim(now=clock())
    assert claimed.id == waiting.id
    assert await importing.work(SYSTEM) == 0
    clock.advance(timedelta(minutes=5))
    assert await importing.work(SYSTEM) == 1
    seen = await imports.get(MSP, waiting.id)
    assert (seen.state, seen.rows, seen.items) == (ImportState.PREVIEWED, 4, 4)


async def test_what_was_staged_before_the_kill_is_not_counted_twice(
    upload, imports, importing, killed, clock
):
    waiting = await upload([*some_rows(4), a_row("")])
    with pytest.raises(KeyboardInterrupt):
        await killed.work(SYSTEM)
    assert (await imports.get(MSP, waiting.id)).rows == 3
    clock.advance(timedelta(minutes=5))
    await importing.work(SYSTEM)
    seen = await imports.get(MSP, waiting.id)
    assert (seen.rows, seen.items, seen.skipped) == (5, 4, 1)
    assert len(await all_faults(imports, seen)) == 1


async def test_what_is_interrupted_again_and_again_fails(
    upload, imports, importing, database, clock
):
    waiting = await upload(some_rows(2))
    for _ in range(3):
        async with database.begin() as work:
            await work.imports.claim(now=clock())
        clock.advance(timedelta(minutes=5))
    await importing.work(SYSTEM)
    failed = await imports.get(MSP, waiting.id)
    assert failed.state is ImportState.FAILED
    assert "again and again" in failed.message


async def test_an_interrupted_command_or_upload_says_so(
    importing, killed, imports, source, clock
):
    source.feeds["feed"] = as_lines(some_rows(4))
    with pytest.raises(KeyboardInterrupt):
        await killed.run(MSP, "feed")

    async def breaks_off():
        yield b"x" * PART
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await imports.upload(MSP, "feed.xml", breaks_off())
    clock.advance(timedelta(minutes=5))
    assert await importing.work(SYSTEM) == 2
    for failed in (await imports.page(MSP, Window())).items:
        assert failed.state is ImportState.FAILED
        assert "interrupted" in failed.message


async def test_only_those_who_may_import(imports, importing):
    import_id = ImportId(new_id())
    for refused in (
        imports.page(BUYER, Window()),
        imports.get(BUYER, import_id),
        imports.faults(BUYER, import_id, Window()),
        imports.upload(BUYER, "feed.xml", in_chunks(b"x")),
        imports.fetch(BUYER),
        imports.apply(BUYER, import_id),
        imports.discard(BUYER, import_id),
        importing.run(BUYER, "feed"),
        importing.run_rows(BUYER, "feed", []),
        importing.work(MSP),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_there_must_be_an_import(imports):
    for asked in (imports.get, imports.apply, imports.discard):
        with pytest.raises(NotFound):
            await asked(MSP, ImportId(new_id()))
