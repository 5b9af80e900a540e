import msgspec
import pytest

from adapters.discord.channel import LONGEST, DiscordChannel, escaped
from adapters.memory.channels import MemoryWebhookClient
from portal_core.automation.ports import Sent
from portal_core.delivery import GiveUp, TryLater
from portal_core.errors import Forbidden, Unavailable

URL = "https://discord.example/api/webhooks/1/secret"


@pytest.fixture
def client():
    return MemoryWebhookClient()


@pytest.fixture
def channel(client):
    return DiscordChannel(client)


async def test_text_is_shown_as_it_is_and_calls_nobody(channel, client):
    await channel.post(URL, "**Bold** @everyone `code` <@1> ||hidden|| [x](y)")
    posted = msgspec.json.decode(client.posts[0].body)
    assert posted["allowed_mentions"] == {"parse": []}
    assert posted["content"] == (
        r"\*\*Bold\*\* \@everyone \`code\` \<\@1\> \|\|hidden\|\| \[x\]\(y\)"
    )


def test_links_stay_links():
    text = "Order_1: https://portal.example/admin/orders/ORD_1*"
    assert escaped(text) == r"Order\_1: https://portal.example/admin/orders/ORD_1\*"


def test_a_link_hides_nothing_in_its_tail():
    text = "https://x.example/||a||<@1>"
    assert escaped(text) == r"https://x.example/\|\|a\|\|\<\@1\>"


@pytest.mark.parametrize("letter", ["x", "*", "€", "🔑"])
async def test_long_text_is_cut(channel, client, letter):
    await channel.post(URL, "a" + letter * 5_000)
    content = msgspec.json.decode(client.posts[0].body)["content"]
    assert LONGEST - 3 <= len(content.encode("utf-16-le")) / 2 <= LONGEST
    assert content.endswith(f"{letter}…")


async def test_text_that_fits_is_not_cut(channel, client):
    await channel.post(URL, "x" * LONGEST)
    assert msgspec.json.decode(client.posts[0].body)["content"] == "x" * LONGEST


async def test_nobody_sees_previews_of_strange_links(channel, client):
    await channel.post(URL, "https://strange.example/picture")
    assert msgspec.json.decode(client.posts[0].body)["flags"] == 4


async def test_success_is_told(channel, client):
    client.answer = Sent(204, "")
    assert await channel.post(URL, "hello") == "204"


async def test_slowing_down_is_asked_for(channel, client):
    client.answer = Sent(429, "", retry_after=7)
    with pytest.raises(TryLater) as later:
        await channel.post(URL, "hello")
    assert later.value.after.total_seconds() == 7


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_webhook_that_is_gone_is_given_up(channel, client, status):
    client.answer = Sent(status, "")
    with pytest.raises(GiveUp):
        await channel.post(URL, "hello")


async def test_any_other_failure_may_pass(channel, client):
    client.answer = Sent(500, "")
    with pytest.raises(Unavailable):
        await channel.post(URL, "hello")


async def test_an_address_inside_is_given_up(channel, client):
    client.failure = Forbidden("It leads to 127.0.0.1.")
    with pytest.raises(GiveUp):
        await channel.post(URL, "hello")
