"""The contract of StaffChannel."""

import msgspec
import pytest
from msgspec.structs import replace

from adapters.discord.channel import DiscordChannel
from adapters.memory.channels import MemoryStaffChannel, MemoryWebhookClient
from portal_core.errors import Unavailable

ROOM = "https://chat.example/room/secret"


class MemoryRoom:
    def __init__(self):
        self.channel = MemoryStaffChannel()

    def said(self):
        return [(post.url, post.text) for post in self.channel.posts]

    def break_down(self):
        self.channel.failure = Unavailable("The chat is away.")


class DiscordRoom:
    def __init__(self):
        self._client = MemoryWebhookClient()
        self.channel = DiscordChannel(self._client)

    def said(self):
        return [
            (post.url, msgspec.json.decode(post.body)["content"])
            for post in self._client.posts
        ]

    def break_down(self):
        self._client.answer = replace(self._client.answer, status=503)


@pytest.fixture(params=[MemoryRoom, DiscordRoom], ids=["memory", "discord"])
def room(request):
    return request.param()


async def test_what_is_posted_is_said_in_the_room(room):
    assert await room.channel.post(ROOM, "Harbour ordered two mice.")
    assert room.said() == [(ROOM, "Harbour ordered two mice.")]


async def test_what_was_not_accepted_may_be_later(room):
    room.break_down()
    with pytest.raises(Unavailable):
        await room.channel.post(ROOM, "Harbour ordered two mice.")
