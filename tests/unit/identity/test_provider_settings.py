"""Looking after those who vouch for people."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from portal_core.errors import Conflict, Forbidden, Invalid, NotFound, ProofNeeded
from portal_core.identity.events import ProviderAdded, ProviderRemoved, ProviderUpdated
from portal_core.identity.providers import (
    ANY_ORGANISATION,
    GOOGLE,
    Claim,
    Link,
    ProviderDetails,
    ProviderKind,
)
from portal_core.ids import ProviderId, UserId, new_id
from tests.people import ADMINISTRATOR, MSP, NOON

OKTA = ProviderDetails(
    kind=ProviderKind.OPENID,
    name=" Okta ",
    address="https://id.example/.well-known/openid-configuration",
    client_id=" portal ",
    client_secret=" hush ",
)


@pytest.fixture
async def okta(providers):
    return await providers.add(MSP, OKTA)


async def test_a_provider_is_added_tidily(providers, okta, facts):
    assert (okta.name, okta.address) == ("Okta", "https://id.example")
    assert (okta.client_id, okta.client_secret) == ("portal", "hush")
    assert okta.issuer == okta.address
    assert await providers.list(MSP) == [okta]
    assert await providers.get(MSP, okta.id) == okta
    [event] = facts(ProviderAdded)
    assert (event.subject_id, event.name) == (okta.id, "Okta")


async def test_its_id_may_be_chosen_before(providers, okta):
    with pytest.raises(Conflict):
        await providers.add(MSP, OKTA, okta.id)


@pytest.mark.parametrize(
    ("kind", "name", "address", "issuer"),
    [
        (ProviderKind.MICROSOFT, "Microsoft", ANY_ORGANISATION, ANY_ORGANISATION),
        (ProviderKind.GOOGLE, "Google", "", GOOGLE),
        (ProviderKind.GITHUB, "GitHub", "", ""),
    ],
)
async def test_the_great_ones_need_no_name_and_no_address(
    providers, kind, name, address, issuer
):
    details = replace(OKTA, kind=kind, name="", address="")
    added = await providers.add(MSP, details)
    assert (added.name, added.address, added.issuer) == (name, address, issuer)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "x" * 41}, "name"),
        ({"client_id": " "}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"address": "http://id.example"}, "address"),
        ({"address": "https://id.example/?x=1"}, "address"),
        ({"address": "https://[id.example"}, "address"),
        ({"address": "https://nobody.example"}, "address"),
        ({"kind": ProviderKind.MICROSOFT, "address": "a tenant"}, "address"),
    ],
)
async def test_what_is_wrong_is_named(providers, changes, field):
    with pytest.raises(Invalid) as refusal:
        await providers.add(MSP, replace(OKTA, **changes))
    assert [problem.field for problem in refusal.value.problems] == [field]


async def test_a_provider_of_the_same_machine_needs_no_https(providers):
    added = await providers.add(MSP, replace(OKTA, address="http://localhost:3000"))
    assert added.address == "http://localhost:3000"


async def test_an_empty_secret_leaves_the_one_that_is_there(providers, okta, facts):
    details = replace(OKTA, name="Okta!", client_secret="", address="https://new.example")
    changed = await providers.change(MSP, okta.id, details, okta.version)
    assert changed.client_secret == "hush"
    assert changed.version == okta.version + 1
    assert facts(ProviderUpdated)[0].changed == ("name", "address")


async def test_nothing_changed_is_nothing_told(providers, okta, facts):
    assert await providers.change(MSP, okta.id, OKTA, okta.version) == okta
    assert facts(ProviderUpdated) == []


async def test_who_was_slower_is_told(providers, okta):
    await providers.change(MSP, okta.id, replace(OKTA, name="One"), okta.version)
    with pytest.raises(Conflict):
        await providers.change(MSP, okta.id, replace(OKTA, name="Two"), okta.version)


async def test_removing_takes_the_links_with_it(providers, okta, database, facts):
    link = Link.create(UserId(new_id()), okta.id, Claim(subject="bea"), NOON)
    async with database.begin() as work:
        await work.links.add(link)
    await providers.remove(MSP, okta.id)
    assert facts(ProviderRemoved)[0].links == 1
    with pytest.raises(NotFound):
        await providers.get(MSP, okta.id)


async def test_only_the_msp_sees_them(providers, okta):
    for ask in (providers.list(ADMINISTRATOR), providers.get(ADMINISTRATOR, okta.id)):
        with pytest.raises(Forbidden):
            await ask


async def test_everything_that_changes_them_asks_for_proof(providers, okta, clock):
    clock.advance(timedelta(minutes=11))
    for ask in (
        providers.add(MSP, OKTA),
        providers.change(MSP, okta.id, OKTA, okta.version),
        providers.remove(MSP, ProviderId(new_id())),
    ):
        with pytest.raises(ProofNeeded):
            await ask
