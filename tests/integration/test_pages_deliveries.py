"""The MSP's rooms for deliveries: seen, taken apart, tried again."""

from datetime import timedelta

import pytest

from portal_core.automation.ports import DeliveryFilter
from portal_core.delivery import DeliveryState, Result
from portal_core.paging import Window
from tests.examples import a_company, an_endpoint, details
from tests.pages import look_at
from tests.people import NOON, SYSTEM

ROOM = "/admin/deliveries"
BAD = "503 <script>alert(1)</script>"


@pytest.fixture
async def msp(town):
    return await town.signed_in("msp")


@pytest.fixture
async def endpoint(town):
    endpoint = an_endpoint("https://hooks.example.com/in", events=("product.created",))
    async with town.parts.database().begin() as work:
        await work.endpoints.add(endpoint)
    return endpoint


@pytest.fixture
async def product(town, endpoint):
    return await town.parts.catalogue().create(
        SYSTEM, details(name="<b>Mouse</b>"), stock=1
    )


async def all_of(town, **wanted):
    page = await town.parts.deliveries().page(SYSTEM, DeliveryFilter(**wanted), Window())
    return page.items


async def failed(town, delivery):
    result = Result(
        delivery_id=delivery.id,
        attempt=1,
        state=DeliveryState.FAILED,
        at=NOON,
        duration=timedelta(milliseconds=1_234),
        answer=BAD,
    )
    await town.parts.database().outbox.record([result])


async def test_nothing_yet_says_what_this_is_for(msp):
    assert "Nothing was delivered yet" in look_at(await msp.get(ROOM)).text


async def test_the_list_shows_and_filters(msp, town, product, endpoint):
    page = look_at(await msp.get(ROOM))
    for told in ("product.created", "hooks.example.com", "Discord", "Waiting"):
        assert told in page.text
    for query, there, lacking in (
        ("channel=webhooks", "https://hooks", "Discord Waiting"),
        ("channel=discord", "Discord Waiting", "https://hooks"),
        ("event=product.created", "https://hooks", "Discord Waiting"),
        (f"endpoint={endpoint.id}", "https://hooks", "Discord Waiting"),
        ("state=failed", "No delivery matches", "https://hooks"),
        (f"subject={product.id}", "https://hooks", "No delivery matches"),
        (f"subject={endpoint.id}", "No delivery matches", "https://hooks"),
    ):
        rows = look_at(await msp.get(f"{ROOM}?{query}")).text
        assert there in rows, query
        assert lacking not in rows, query
    assert (await msp.get(f"{ROOM}?state=nonsense")).status_code == 422


async def test_a_delivery_is_taken_apart_and_nothing_of_it_runs(msp, town, product):
    [delivery] = await all_of(town, subscriber="webhooks")
    await failed(town, delivery)
    answer = await msp.get(f"{ROOM}/{delivery.id}")
    page = look_at(answer)
    for told in ("product.created", "1,234 ms", BAD, "Failed", '"type": "product.created"'):
        assert told in page.text
    assert "<script>alert" not in answer.text
    assert "<b>Mouse" not in answer.text


async def test_failed_ones_are_tried_again(msp, town, product):
    for delivery in await all_of(town):
        await failed(town, delivery)
    page = look_at(await msp.get(ROOM))
    assert "Retry all failed" in page.text
    assert "https://hooks.example.com/in: 1 delivery failed" in page.text
    [one] = await all_of(town, subscriber="webhooks")
    assert (await msp.post(f"{ROOM}/{one.id}/retry")).status_code == 303
    assert (await all_of(town, subscriber="webhooks"))[0].state is DeliveryState.PENDING
    assert (await msp.post(f"{ROOM}/retry-failed")).status_code == 303
    assert {each.state for each in await all_of(town)} == {DeliveryState.PENDING}


async def test_a_delivery_that_is_not_there(msp):
    missing = f"{ROOM}/{a_company().id}"
    await msp.get(ROOM)
    assert (await msp.get(missing)).status_code == 404
    assert (await msp.post(f"{missing}/retry")).status_code == 404


async def test_clients_find_nothing_here(town, product):
    [delivery] = await all_of(town, subscriber="webhooks")
    browser = await town.signed_in("administrator")
    for path in (ROOM, f"{ROOM}/{delivery.id}"):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post(f"{ROOM}/retry-failed")).status_code == 404
