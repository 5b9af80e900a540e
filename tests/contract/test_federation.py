"""The contract of Federation: a provider vouches once, for us, and for what was asked."""

from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from adapters.federation.providers import Providers
from adapters.memory.federation import MemoryFederation
from adapters.net.client import GuardedClient
from adapters.net.guard import NetworkGuard
from portal_core.errors import Invalid
from portal_core.identity.providers import Provider, ProviderKind
from portal_core.ids import ProviderId, new_id
from tests.people import NOON
from tests.vouching import CLIENT, SECRET, vouching


class InMemory:
    """A provider that believes everybody."""

    address = "https://id.example"

    def __init__(self):
        self.federation = MemoryFederation()

    def answer(self, departure, subject):
        state = parse_qs(urlsplit(departure.address).query)["state"][0]
        return {"state": state, "code": self.federation.code_for(subject)}


class OverTheWire:
    """A provider that speaks OpenID Connect, and the adapter that speaks with it."""

    def __init__(self, client, peer):
        self.federation = Providers(client, public_url="https://portal.example.com")
        self.peer = peer
        self.address = peer.address

    def answer(self, departure, subject):
        self.peer.subject = subject
        back = parse_qs(urlsplit(self.peer.back(departure.address)).query)
        return {name: value for name, (value,) in back.items()}


@pytest.fixture(params=["memory", "openid"])
async def there(request):
    if request.param == "memory":
        yield InMemory()
        return
    client = GuardedClient(NetworkGuard(allowed=["127.0.0.0/8"]))
    async with vouching() as peer:
        yield OverTheWire(client, peer)
        await client.close()


@pytest.fixture
def provider(there):
    return Provider(
        id=ProviderId(new_id()),
        kind=ProviderKind.OPENID,
        name="Harbour ID",
        address=there.address,
        client_id=CLIENT,
        client_secret=SECRET,
        created_at=NOON,
    )


async def test_who_comes_back_is_vouched_for(there, provider):
    departure = await there.federation.depart(provider, "a-state")
    answer = there.answer(departure, "ann")
    assert answer["state"] == "a-state"
    claim = await there.federation.arrive(provider, departure.secrets, answer)
    assert (claim.subject, claim.name, claim.second_factor) == ("ann", "Ann", False)
    assert claim.email.startswith("ann@")


async def test_an_answer_to_another_question_is_refused(there, provider):
    first = await there.federation.depart(provider, "first")
    answer = there.answer(first, "ann")
    second = await there.federation.depart(provider, "second")
    with pytest.raises(Invalid):
        await there.federation.arrive(provider, second.secrets, answer)


@pytest.mark.parametrize("answer", [{}, {"code": ""}, {"error": "access_denied"}])
async def test_no_answer_is_refused(there, provider, answer):
    departure = await there.federation.depart(provider, "a-state")
    with pytest.raises(Invalid):
        await there.federation.arrive(provider, departure.secrets, answer)


async def test_a_provider_that_is_not_there_is_told(there, provider):
    assert await there.federation.check(provider) == provider
    nobody = replace(provider, address="https://nobody.invalid")
    with pytest.raises(Invalid) as refusal:
        await there.federation.check(nobody)
    assert refusal.value.problems[0].field == "address"
