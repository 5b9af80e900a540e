"""Between the password and the second factor: who has shown one, and not yet the other."""

from datetime import datetime, timedelta

from msgspec import Struct

from portal_core.identity.factors import Method
from portal_core.identity.policy import Shown
from portal_core.ids import ProviderId, UserId

LIFETIME = timedelta(minutes=10)
TRIES = 5


class Challenge(Struct, frozen=True, kw_only=True):
    """Somebody who has shown one factor and is asked for a second.

    The browser holds the token; here is only its SHA-256. `provider_id` is who vouched for
    them, if that was their first factor. Tries are counted before they
    are looked at, so that five at once are five.
    """

    token_hash: bytes
    user_id: UserId
    method: Method
    provider_id: ProviderId | None = None
    tries: int = 0
    created_at: datetime
    ends_at: datetime

    def answered(self, method: Method) -> Shown:
        """Return what was shown by somebody who has the second factor as well."""
        return Shown(
            (self.method, method), second_factor=True, provider_id=self.provider_id
        )

    @property
    def is_over(self) -> bool:
        """Whether no try is left."""
        return self.tries >= TRIES
