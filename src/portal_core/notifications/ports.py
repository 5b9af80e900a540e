"""What notifications need from the outside world."""

from typing import Protocol

from msgspec import Struct

from portal_core.ids import DeliveryId


class Message(Struct, frozen=True, kw_only=True):
    """A mail: plain text and its HTML twin. `id` is the same on every try."""

    id: DeliveryId
    to: str
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    """Brings mail on its way."""

    async def send(self, message: Message) -> str:
        """Hand the mail over; return what the mail server answered.

        Raises Unavailable if it may work later.
        """


class StaffChannel(Protocol):
    """A chat room that the MSP's own people watch."""

    async def post(self, url: str, text: str) -> str:
        """Post plain text to the room with this (secret) address; return the answer.

        The text is escaped and cut to what the room takes; it mentions nobody. Raises
        Unavailable if it was not accepted.
        """
