"""Doing a thing once, however often it is asked for.

The answer is stored in the transaction of the change, under the caller's key. A repeat
gets the stored answer; the same key with another request is refused. Refusals are not
stored: nothing happened, so asking again is harmless.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from portal_core.errors import Invalid

T = TypeVar("T")


class Once(Struct, frozen=True):
    """A caller's promise that requests with this key are one request.

    `scope` names the caller and the company, so that keys of strangers never meet;
    `fingerprint` is a hash of the whole request.
    """

    scope: str
    key: str
    fingerprint: str


class Answer(Struct, frozen=True):
    """What was answered the first time."""

    fingerprint: str
    body: bytes


class Answers(Protocol):
    """Answers given within the last day, by scope and key."""

    async def claim(self, once: Once) -> Answer | None:
        """Take the key for this work, or return the answer that was stored under it.

        While another work holds the key, waits until that one is kept or undone.
        """

    async def keep(self, once: Once, body: bytes) -> None:
        """Store the answer under the key that this work has claimed."""


async def answered_once(
    answers: Answers, once: Once | None, kind: type[T], decide: Callable[[], Awaitable[T]]
) -> tuple[T, bool]:
    """Return what `decide` makes, or what it made when the key was used before.

    The flag says whether the answer is a repeat. Raises Invalid if the key was used for
    another request.
    """
    if once is None:
        return await decide(), False
    earlier = await answers.claim(once)
    if earlier is None:
        result = await decide()
        await answers.keep(once, msgspec.json.encode(result))
        return result, False
    if earlier.fingerprint != once.fingerprint:
        raise Invalid(
            "This idempotency key was used for a different request. Use a new key.",
            field="Idempotency-Key",
            code="idempotency_key_reused",
        )
    return msgspec.json.decode(earlier.body, type=kind), True
