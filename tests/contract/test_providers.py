"""The contracts of providers, links and errands."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.errors import Conflict, NotFound
from portal_core.identity.providers import (
    LIFETIME,
    Claim,
    Errand,
    Link,
    Offer,
    Provider,
    ProviderKind,
    Purpose,
)
from portal_core.ids import LinkId, ProviderId, new_id
from tests.examples import a_company, a_user
from tests.people import NOON

LATER = NOON + timedelta(hours=1)
ANN = Claim(subject="ann", email="ann@id.example", name="Ann")


def a_provider(name="Harbour ID", **changes):
    provider = Provider(
        id=ProviderId(new_id()),
        kind=ProviderKind.OPENID,
        name=name,
        address="https://id.example",
        client_id="atrium",
        client_secret="a secret",
        created_at=NOON,
    )
    return replace(provider, **changes)


def an_errand(provider, state=b"state", **changes):
    errand = Errand(
        state_hash=state,
        browser_hash=b"browser",
        provider_id=provider.id,
        purpose=Purpose.SIGN_IN,
        place="/account",
        secrets="to be kept",
        ends_at=NOON + LIFETIME,
    )
    return replace(errand, **changes)


@pytest.fixture
async def user(database):
    user = a_user()
    async with database.begin() as work:
        await work.users.add(user)
    return user


@pytest.fixture
async def provider(database):
    provider = a_provider()
    async with database.begin() as work:
        await work.providers.add(provider)
    return provider


async def link(database, user, provider, claim=ANN):
    made = Link.create(user.id, provider.id, claim, NOON)
    async with database.begin() as work:
        await work.links.add(made)
    return made


async def send(database, *errands, now=NOON):
    async with database.begin() as work:
        for errand in errands:
            await work.errands.add(errand, now)


async def use(database, state=b"state", browser=b"browser", now=NOON):
    async with database.begin() as work:
        return await work.errands.use(state, browser, now)


async def test_providers_are_listed_by_name(database):
    zoe, adam = a_provider("zoe"), a_provider("Adam")
    async with database.begin() as work:
        await work.providers.add(zoe)
        await work.providers.add(adam)
    async with database.read() as work:
        assert await work.providers.list() == [adam, zoe]
        assert await work.providers.get(zoe.id) == zoe


async def test_a_provider_that_is_not_there(database):
    async with database.read() as work:
        with pytest.raises(NotFound):
            await work.providers.get(ProviderId(new_id()))


async def test_a_provider_is_added_once(database, provider):
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.providers.add(provider)


async def test_the_second_of_two_changes_is_refused(database, provider):
    changed = replace(provider, name="Quay ID", client_secret="another", version=2)
    async with database.begin() as work:
        await work.providers.save(changed)
    with pytest.raises(Conflict):
        async with database.begin() as work:
            await work.providers.save(changed)
    async with database.read() as work:
        assert await work.providers.get(provider.id) == changed


async def test_offered_is_what_everybody_may_use(database, provider):
    company = a_company()
    async with database.begin() as work:
        await work.companies.add(company)
        await work.providers.add(a_provider("Disabled", disabled=True))
        await work.providers.add(a_provider("Theirs", company_id=company.id))
    async with database.read() as work:
        assert await work.providers.offered() == [
            Offer(provider.id, provider.kind, provider.name)
        ]


async def test_a_removed_provider_takes_its_links_and_errands_along(
    database, provider, user
):
    other = a_provider("Another")
    async with database.begin() as work:
        await work.providers.add(other)
    await link(database, user, provider)
    await link(database, user, other)
    await send(database, an_errand(provider), an_errand(other, b"other"))
    async with database.begin() as work:
        assert await work.providers.remove(provider.id) == 1
    async with database.read() as work:
        [left] = await work.links.of_user(user.id)
        assert left.provider == "Another"
    assert await use(database) is None
    assert await use(database, b"other") is not None


async def test_a_link_is_found_by_provider_and_subject(database, provider, user):
    made = await link(database, user, provider)
    async with database.read() as work:
        assert await work.links.find(provider.id, "ann") == made
        assert await work.links.find(provider.id, "Ann") is None
        assert await work.links.find(ProviderId(new_id()), "ann") is None


async def test_an_account_belongs_to_one_user(database, provider, user):
    await link(database, user, provider)
    other = a_user("Somebody Else")
    async with database.begin() as work:
        await work.users.add(other)
    with pytest.raises(Conflict):
        await link(database, other, provider)


async def test_the_links_of_a_user(database, provider, user):
    made = await link(database, user, provider)
    async with database.begin() as work:
        await work.links.use(made.id, "new@id.example", LATER)
    async with database.read() as work:
        [one] = await work.links.of_user(user.id)
        assert await work.links.of_user(new_id()) == []
    assert (one.id, one.provider_id, one.kind) == (made.id, provider.id, provider.kind)
    assert (one.provider, one.email) == ("Harbour ID", "new@id.example")
    assert (one.created_at, one.used_at) == (NOON, LATER)
    async with database.begin() as work:
        await work.providers.save(replace(provider, disabled=True, version=2))
    async with database.read() as work:
        assert await work.links.of_user(user.id) == []


async def test_a_link_is_removed_by_its_own_user(database, provider, user):
    made = await link(database, user, provider)
    async with database.begin() as work:
        assert await work.links.remove(new_id(), made.id) is None
        assert await work.links.remove(user.id, LinkId(new_id())) is None
        assert await work.links.remove(user.id, made.id) == "Harbour ID"
        assert await work.links.remove(user.id, made.id) is None


async def test_an_errand_is_done_once(database, provider, user):
    errand = an_errand(provider, claim=ANN, user_id=user.id, purpose=Purpose.LINK)
    await send(database, errand)
    async with database.read() as work:
        assert await work.errands.find(b"state", b"browser", NOON) == errand
    found = await asyncio.gather(*(use(database) for _ in range(5)))
    assert sorted(found, key=repr) == sorted([errand, None, None, None, None], key=repr)


async def test_another_browser_does_not_end_an_errand(database, provider):
    await send(database, an_errand(provider))
    assert await use(database, browser=b"another") is None
    async with database.read() as work:
        assert await work.errands.find(b"state", b"another", NOON) is None
    assert await use(database, state=b"another") is None
    assert await use(database) == an_errand(provider)


async def test_no_errand_is_done_late(database, provider):
    await send(database, an_errand(provider))
    assert await use(database, now=NOON + LIFETIME) is None
    async with database.read() as work:
        assert await work.errands.find(b"state", b"browser", NOON + LIFETIME) is None
