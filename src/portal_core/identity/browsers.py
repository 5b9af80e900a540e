"""The browsers that somebody has signed in with, and those they trust."""

from datetime import datetime, timedelta

from msgspec import Struct

from portal_core.ids import BrowserId, UserId, new_id

REMEMBERED_FOR = timedelta(days=400)
"""How long a browser is known without being used: the most that browsers keep a cookie."""


class Browser(Struct, frozen=True, kw_only=True):
    """A browser that a user has signed in with. It holds a token; here is its SHA-256.

    Until `trusted_until` a password is enough there. The token is new after each sign-in.
    """

    id: BrowserId
    user_id: UserId
    token_hash: bytes
    name: str
    network: str
    created_at: datetime
    seen_at: datetime
    trusted_until: datetime | None = None

    @classmethod
    def create(
        cls, user_id: UserId, *, token_hash: bytes, name: str, network: str, at: datetime
    ) -> "Browser":
        """Return a browser that was not seen before."""
        return cls(
            id=BrowserId(new_id()),
            user_id=user_id,
            token_hash=token_hash,
            name=name,
            network=network,
            created_at=at,
            seen_at=at,
        )

    def trusted(self, now: datetime) -> bool:
        """Return whether a password is enough."""
        return self.trusted_until is not None and now < self.trusted_until
