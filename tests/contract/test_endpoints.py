from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.automation.model import PayloadFormat
from portal_core.automation.ports import DeliveryFilter
from portal_core.delivery import DeliveryState
from portal_core.errors import Conflict, NotFound
from portal_core.paging import Window
from tests.examples import a_company, a_fact, a_product, an_endpoint
from tests.people import NOON


@pytest.fixture
async def endpoint(database):
    """An endpoint with every field filled in."""
    company = a_company()
    endpoint = an_endpoint(
        description="The warehouse",
        events=("order.*", "product.stock_changed"),
        company_id=company.id,
        format=PayloadFormat.LEGACY_ORDER,
        legacy_key="a legacy key",
    )
    endpoint = replace(endpoint.rotated(at=NOON), failing_since=NOON)
    async with database.begin() as work:
        await work.companies.add(company)
        await work.endpoints.add(endpoint)
    return endpoint


async def test_an_endpoint_comes_back_as_stored(database, endpoint):
    async with database.read() as work:
        assert await work.endpoints.get(endpoint.id) == endpoint


async def test_an_endpoint_that_is_not_there(database):
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.endpoints.get(an_endpoint().id)


async def test_endpoints_come_oldest_first(database):
    days = []
    for day in (2, 3, 1):
        at = NOON + timedelta(days=day)
        days.append(an_endpoint(f"https://example.com/{day}", at=at))
    async with database.begin() as work:
        for endpoint in days:
            await work.endpoints.add(endpoint)
    async with database.read() as work:
        found = [endpoint.url[-1] for endpoint in await work.endpoints.list()]
    assert found == ["1", "2", "3"]


async def test_the_next_version_is_stored(database, endpoint):
    changed = replace(
        endpoint.rotated(at=NOON + timedelta(days=2)),
        url="http://other.example/",
        events=("*",),
        company_id=None,
        format=PayloadFormat.STANDARD,
        legacy_key="",
        disabled=True,
        failing_since=None,
        version=2,
    )
    async with database.begin() as work:
        await work.endpoints.save(changed)
    async with database.read() as work:
        assert await work.endpoints.get(endpoint.id) == changed


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_any_other_version_conflicts(database, endpoint, version):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.endpoints.save(replace(endpoint, version=version))


async def test_what_waits_for_a_removed_endpoint_fails_at_once(database):
    removed, other = an_endpoint(), an_endpoint("https://example.com/other")
    async with database.begin() as work:
        await work.endpoints.add(removed)
        await work.endpoints.add(other)
    async with database.begin() as work:
        work.emit(a_fact(a_product()))
    async with database.begin() as work:
        await work.endpoints.remove(removed.id)
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.endpoints.get(removed.id)
        page = await work.deliveries.page(DeliveryFilter(), Window())
    states = {delivery.receiver: delivery.state for delivery in page.items}
    assert len(states) == 2
    assert states.pop(other.url) is DeliveryState.PENDING
    assert set(states.values()) == {DeliveryState.FAILED}
    [due] = await database.outbox.claim(limit=5, now=NOON, lease=timedelta(minutes=1))
    assert due.delivery.target == other.id


async def test_what_a_removed_endpoint_got_stays(database):
    endpoint = an_endpoint()
    async with database.begin() as work:
        await work.endpoints.add(endpoint)
    async with database.begin() as work:
        await work.endpoints.remove(endpoint.id)
        await work.endpoints.remove(endpoint.id)
    async with database.begin() as work:
        work.emit(a_fact(a_product()))
    async with database.read() as work:
        assert (await work.deliveries.page(DeliveryFilter(), Window())).items == ()
