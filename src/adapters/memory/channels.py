"""Channels that keep what they were given, and fail when they are told to."""

from collections.abc import Collection

from msgspec import Struct

from portal_core.automation.ports import Sent
from portal_core.errors import Invalid, PortalError
from portal_core.ids import DeliveryId
from portal_core.notifications.ports import Message


class MemoryMailer:
    """A mail server that keeps all mail in `sent`, or answers with a failure."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.failure: PortalError | None = None

    async def send(self, message: Message) -> str:
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)
        return "250 kept in memory"

    async def find(self, delivery_id: DeliveryId) -> str | None:
        for mail in self.sent:
            if mail.id == delivery_id:
                return f"To: {mail.to}\nSubject: {mail.subject}\n\n{mail.text}\n"
        return None


class ChatPost(Struct, frozen=True):
    """Text that was posted to a room."""

    url: str
    text: str


class MemoryStaffChannel:
    """A chat that keeps what was said in `posts`, or answers with a failure."""

    def __init__(self) -> None:
        self.posts: list[ChatPost] = []
        self.failure: PortalError | None = None

    async def post(self, url: str, text: str) -> str:
        if self.failure is not None:
            raise self.failure
        self.posts.append(ChatPost(url, text))
        return "kept in memory"


class WebhookPost(Struct, frozen=True):
    """Bytes that were posted to a receiver."""

    url: str
    body: bytes
    headers: dict[str, str]


class MemoryWebhookClient:
    """Receivers that keep what they got in `posts`, and all give the same `answer`.

    With a `failure` they can't be reached at all.
    """

    def __init__(self) -> None:
        self.posts: list[WebhookPost] = []
        self.answer = Sent(200, "ok")
        self.failure: PortalError | None = None

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Sent:
        if self.failure is not None:
            raise self.failure
        self.posts.append(WebhookPost(url, body, headers))
        return self.answer


class MemoryAddressGuard:
    """Lets all addresses through but those that it is told to refuse."""

    def __init__(self, refused: Collection[str] = ()) -> None:
        self.refused = frozenset(refused)

    async def check(self, url: str) -> None:
        if url in self.refused:
            raise Invalid("This address may not be reached.", field="url")
