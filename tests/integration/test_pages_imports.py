"""The MSP's rooms for imports: a feed is sent, looked at, and applied or discarded."""

import re

import pytest
from msgspec.structs import replace

from adapters.http.pages.imports.views import LARGEST_UPLOAD
from portal_core.paging import Window
from tests.feeds import a_row, as_xml, some_rows
from tests.pages import look_at
from tests.people import SYSTEM

ROOM = "/admin/imports"


@pytest.fixture
async def msp(town):
    browser = await town.signed_in("msp")
    await browser.get(f"{ROOM}/new")
    return browser


async def send(browser, feed, name="feed.xml"):
    """Upload a feed, and return the answer."""
    return await browser.post(ROOM, files={"file": (name, feed, "text/xml")})


async def test_an_upload_leads_to_its_page(msp):
    assert "Nothing was imported yet" in look_at(await msp.get(ROOM)).text
    look_at(await msp.get(f"{ROOM}/new"))
    answer = await send(msp, as_xml(some_rows(3)))
    assert answer.status_code == 303, answer.text[:3_000]
    page = look_at(await msp.get(answer.headers["location"]))
    assert "feed.xml" in page.text
    assert "Reading" in page.text
    assert "feed.xml" in look_at(await msp.get(ROOM)).text


async def previewed(msp, town, rows):
    """Upload a feed, let the worker read it, and return the address of the import."""
    answer = await send(msp, as_xml(rows))
    assert answer.status_code == 303, answer.text[:3_000]
    await town.parts.importing().work(SYSTEM)
    return answer.headers["location"]


async def applied(msp, town, rows):
    """Bring a feed into the catalogue, and return the address of the import."""
    here = await previewed(msp, town, rows)
    assert (await msp.post(f"{here}/apply")).status_code == 303
    await town.parts.importing().work(SYSTEM)
    return here


async def products(town):
    """Return the catalogue by SKU."""
    page = await town.parts.catalogue().page(SYSTEM, Window(200))
    return {each.sku: each for each in page.items}


def figures(page):
    """Return what the tiles of a page count."""
    names = ("Created", "Updated", "Unchanged", "Not in the feed", "Skipped")
    counts = [re.search(rf"\b{name} ([\d,]+)", page.text) for name in names]
    return [int(found[1]) for found in counts if found]


def actions(page):
    """Return where the forms of a page lead."""
    return {form.get("action") for form in page.all("form")}


async def test_nothing_changes_until_it_is_applied(msp, town):
    before = await products(town)
    here = await previewed(msp, town, some_rows(3))
    page = look_at(await msp.get(here))
    assert "Waiting for you" in page.text
    assert figures(page) == [3, 0, 0, 0, 0]
    assert "ROW-00001" in page.text
    assert await products(town) == before

    assert (await msp.post(f"{here}/apply")).headers["location"] == here
    page = look_at(await msp.get(here))
    assert "Applying the feed" in page.text
    assert f"{here}/discard" not in actions(page)
    await town.parts.importing().work(SYSTEM)
    page = look_at(await msp.get(here))
    assert "Applied" in page.text
    assert figures(page) == [3, 0, 0, 0, 0]
    assert not {one for one in actions(page) if one.startswith(here)}
    codes = {each["StockCode"] for each in some_rows(3)}
    assert set(await products(town)) - set(before) == codes


DIRTY = (
    a_row("AB-1", ProductName="<script>alert(1)</script>"),
    a_row("", ProductName="No code"),
    a_row("AB-2", RRP="<img src=x onerror=alert(2)>"),
    a_row("007", OnHandChanelNsw="-<b>3</b>"),
    a_row("1e5"),
    a_row("<u>AB-3</u>", Weight="heavy"),
)


async def test_faults_are_listed_by_code_and_line(msp, town):
    here = await previewed(msp, town, DIRTY)
    answer = await msp.get(f"{here}?kind=all")
    page = look_at(answer)
    assert "<script>alert" not in answer.text
    assert not page.all("img")
    assert not page.all("u")
    assert "<u>AB-3</u>" in page.text
    assert re.search(r"no code 5 — \S", page.text)
    assert re.search(r"AB-2 7 Price “<img", page.text)
    skipped = look_at(await msp.get(here)).text
    assert skipped == look_at(await msp.get(f"{here}?kind=skipped")).text
    assert re.search(r"no code 5\b", skipped)
    assert "AB-2 7" not in skipped
    warnings = look_at(await msp.get(f"{here}?kind=warnings")).text
    assert "AB-2 7" in warnings
    assert not re.search(r"no code 5\b", warnings)
    look_at(await msp.get(f"{here}?kind=nonsense"), 422)


async def test_a_dirty_feed_is_text_wherever_it_shows(msp, town):
    await applied(msp, town, DIRTY)
    found = await products(town)
    assert {"007", "1e5"} <= set(found)
    assert found["AB-1"].name == "<script>alert(1)</script>"
    for path in ("/admin/products", "/admin/products/AB-1"):
        answer = await msp.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "&lt;script&gt;alert" in answer.text


async def test_many_faults_come_a_page_at_a_time(msp, town):
    here = await previewed(msp, town, some_rows(30, Weight="heavy"))
    page = look_at(await msp.get(here))
    assert "ROW-00025" in page.text
    assert "ROW-00026" not in page.text
    [onward] = [one["href"] for one in page.all("a") if one.get("rel") == "next"]
    page = look_at(await msp.get(onward))
    assert "ROW-00030" in page.text
    assert "ROW-00025" not in page.text


async def test_a_truncated_feed_is_refused_and_changes_nothing(msp, town):
    await applied(msp, town, some_rows(3))
    before = await products(town)
    answer = await send(msp, as_xml(some_rows(9))[:-100])
    here = answer.headers["location"]
    await town.parts.importing().work(SYSTEM)
    page = look_at(await msp.get(here))
    assert "Refused" in page.text
    assert re.search(r"It was not applied\. .*line \d+", page.text)
    assert not figures(page)
    assert f"{here}/apply" not in actions(page)
    assert (await msp.post(f"{here}/apply")).status_code == 409
    assert await products(town) == before


async def test_a_shrunk_feed_is_applied_only_when_told_so_twice(msp, town):
    await applied(msp, town, some_rows(10))
    before = await products(town)
    here = await previewed(msp, town, some_rows(6))
    assert figures(look_at(await msp.get(here))) == [0, 0, 6, 4, 0]
    page = look_at(await msp.post(f"{here}/apply"), 409)
    assert "had 10" in page.text
    [forced] = [one for one in page.all("input") if one.get("name") == "forced"]
    await town.parts.importing().work(SYSTEM)
    assert await products(town) == before

    answer = await msp.post(f"{here}/apply", {"forced": forced["value"]})
    assert answer.headers["location"] == here
    await town.parts.importing().work(SYSTEM)
    assert "Applied" in look_at(await msp.get(here)).text
    after = await products(town)
    assert (after["ROW-00006"].available, after["ROW-00007"].available) == (5, 0)


async def test_what_changes_is_shown_before_and_after(msp, town):
    await applied(msp, town, some_rows(3))
    changed = [*some_rows(2), a_row("ROW-00003", RRP="999.00", OnHandChanelVic="9")]
    page = look_at(await msp.get(await previewed(msp, town, changed)))
    assert figures(page) == [0, 1, 2, 0, 0]
    assert re.search(r"Price: 1299\.00 AUD 999\.00 AUD", page.text)
    assert re.search(r"Stock: 5 12", page.text)


async def test_discarded_is_over(msp, town):
    before = await products(town)
    here = await previewed(msp, town, some_rows(3))
    assert (await msp.post(f"{here}/discard")).headers["location"] == here
    page = look_at(await msp.get(here))
    assert "Discarded" in page.text
    assert not {one for one in actions(page) if one.startswith(here)}
    assert (await msp.post(f"{here}/apply")).status_code == 409
    assert (await msp.post(f"{here}/discard")).status_code == 409
    await town.parts.importing().work(SYSTEM)
    assert await products(town) == before


async def test_progress_shows_with_and_without_a_script(msp, town):
    here = (await send(msp, as_xml(some_rows(3)))).headers["location"]
    page = look_at(await msp.get(here))
    assert page.all("meta")[-1] == {"http-equiv": "refresh", "content": "3"}
    assert here in {one.get("href") for one in page.all("a")}
    [polled] = [one["hx-get"] for _, one in page.tags if "hx-get" in one]
    answer = await msp.get(polled, headers={"hx-request": "true"})
    assert "Reading the feed" in answer.text
    assert "<html" not in answer.text
    assert "hx-refresh" not in answer.headers
    await town.parts.importing().work(SYSTEM)
    answer = await msp.get(polled, headers={"hx-request": "true"})
    assert answer.headers["hx-refresh"] == "true"
    page = look_at(await msp.get(here))
    assert "refresh" not in {one.get("http-equiv") for one in page.all("meta")}
    assert not [
        one for _, one in page.tags if one.get("hx-trigger", "").startswith("every")
    ]


@pytest.mark.parametrize("feed", [b"", None])
async def test_a_form_without_a_feed_is_shown_again(msp, feed):
    files = {"file": ("feed.xml", feed, "text/xml")} if feed is not None else None
    page = look_at(await msp.post(ROOM, files=files), 422)
    assert "#file" in {one.get("href") for one in page.all("a")}


async def test_a_feed_may_be_larger_than_a_form_but_not_endless(msp, town):
    answer = await send(msp, as_xml(some_rows(3)) + b" " * 1_100_000)
    assert answer.status_code == 303
    answer = await send(msp, b" " * LARGEST_UPLOAD)
    assert answer.status_code == 413
    assert "at most 60 MB" in look_at(answer, 413).text
    assert len((await town.parts.imports().page(SYSTEM, Window())).items) == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\feeds\\may.xml", "may.xml"),
        ("../../may.xml", "may.xml"),
        ("<b>may</b>.xml", "b&gt;.xml"),
        ("m" * 300, "m" * 200),
        ("https://ann:secret@example.com/", "feed.xml"),
    ],
)
async def test_the_name_of_a_file_is_only_a_name(msp, town, name, shown):
    here = (await send(msp, as_xml(some_rows(1)), name)).headers["location"]
    answer = await msp.get(here)
    assert f"<h1>{shown} " in answer.text


async def test_the_address_of_the_feed_is_fetched_and_its_secret_not_shown(msp, town):
    assert "No address is set" in look_at(await msp.get(f"{ROOM}/new")).text
    assert (await msp.post(f"{ROOM}/fetch")).status_code == 422
    settings = town.parts.portal_settings()
    changed = replace(
        await settings.get(SYSTEM), feed_url="https://ann:secret@127.0.0.1/feed?key=secret"
    )
    await settings.change(SYSTEM, changed)
    answer = await msp.get(f"{ROOM}/new")
    assert "127.0.0.1" in look_at(answer).text
    assert "secret" not in answer.text
    here = (await msp.post(f"{ROOM}/fetch")).headers["location"]
    await town.parts.importing().work(SYSTEM)
    for path in (here, ROOM):
        answer = await msp.get(path)
        assert "127.0.0.1" in look_at(answer).text
        assert "secret" not in answer.text
        assert "Failed" in answer.text


@pytest.mark.parametrize("who", ["member", "buyer", "administrator"])
async def test_clients_find_nothing_here(msp, town, who):
    here = (await send(msp, as_xml(some_rows(1)))).headers["location"]
    browser = await town.signed_in(who)
    for path in (ROOM, f"{ROOM}/new", here, f"{here}/progress"):
        assert (await browser.get(path)).status_code == 404
    for path in (f"{ROOM}/fetch", f"{here}/apply", f"{here}/discard"):
        assert (await browser.post(path)).status_code == 404
    assert (await send(browser, as_xml(some_rows(1)))).status_code == 404
    [kept] = (await town.parts.imports().page(SYSTEM, Window())).items
    assert here.endswith(str(kept.id))
