"""Keys that act without a person.

The text of a key is `pts_`, 40 random base62 characters (238 bits) and 6 that check the
rest, so that a scanner can tell a key from a look-alike without asking the database.
"""

import secrets
import string
import zlib
from collections.abc import Sequence
from datetime import timedelta

from msgspec.structs import replace

from portal_core.clock import Clock
from portal_core.errors import Invalid, check_all
from portal_core.identity.actor import Actor
from portal_core.identity.events import ApiKeyCreated, ApiKeyRevoked
from portal_core.identity.model import ApiKey, check_networks, check_scopes
from portal_core.identity.permissions import Permission
from portal_core.identity.ports import IdentityDatabase, KeyDigest
from portal_core.ids import CompanyId, KeyId, new_id

PREFIX = "pts_"
PATTERN = r"pts_[0-9A-Za-z]{46}"
DEFAULT_LIFETIME = timedelta(days=90)
LONGEST_LIFETIME = timedelta(days=365)
LOOKUP_LENGTH = len(PREFIX) + 12

_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


class ApiKeyService:
    """Issuing and withdrawing keys."""

    def __init__(
        self, *, database: IdentityDatabase, digest: KeyDigest, clock: Clock
    ) -> None:
        self._database = database
        self._digest = digest
        self._clock = clock

    async def create(
        self,
        actor: Actor,
        *,
        name: str,
        scopes: Sequence[str],
        company_id: CompanyId | None,
        lifetime: timedelta = DEFAULT_LIFETIME,
        networks: Sequence[str] = (),
    ) -> tuple[ApiKey, str]:
        """Issue a key, and return it with its text, which is never shown again.

        Raises ProofNeeded, and Invalid for an unknown scope, a broken network, or a life
        above a year.
        """
        actor.require(Permission.MANAGE_KEYS)
        check_all(
            lambda: _check_name(name),
            lambda: check_scopes(scopes),
            lambda: _check_lifetime(lifetime),
            lambda: check_networks(networks),
        )
        now = self._clock()
        actor.require_proof(now)
        text = new_key_text()
        key = ApiKey(
            id=KeyId(new_id()),
            name=name.strip(),
            lookup=text[:LOOKUP_LENGTH],
            digest=self._digest.digest(text),
            scopes=tuple(sorted(set(scopes))),
            company_id=company_id,
            networks=tuple(networks),
            created_at=now,
            expires_at=now + lifetime,
        )
        async with self._database.begin() as work:
            await work.keys.add(key)
            stamp = actor.stamp(now, company_id)
            work.emit(
                ApiKeyCreated(stamp=stamp, key_id=key.id, name=name, scopes=key.scopes)
            )
        return key, text

    async def list(self, actor: Actor) -> Sequence[ApiKey]:
        """Return every key, newest first."""
        actor.require(Permission.MANAGE_KEYS)
        async with self._database.read() as work:
            return await work.keys.list()

    async def revoke(self, actor: Actor, key_id: KeyId) -> None:
        """Withdraw the key at once. Doing so twice changes nothing. Raises NotFound."""
        actor.require(Permission.MANAGE_KEYS)
        async with self._database.begin() as work:
            key = await work.keys.get(key_id)
            if key.revoked_at is None:
                now = self._clock()
                await work.keys.save(replace(key, revoked_at=now))
                stamp = actor.stamp(now, key.company_id)
                work.emit(ApiKeyRevoked(stamp=stamp, key_id=key_id, name=key.name))


def new_key_text() -> str:
    """Return the text of a new key."""
    body = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(40))
    return body + _checksum(body)


def well_formed(text: str) -> bool:
    """Return whether the text could be a key, by its check characters alone."""
    body, check = text[:-6], text[-6:]
    return len(body) == len(PREFIX) + 40 and check == _checksum(body)


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode(errors="replace"))
    digits = ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = _ALPHABET[rest] + digits
    return digits


def _check_name(name: str) -> None:
    if not name.strip():
        message = "Give the key a name that says what uses it."
        raise Invalid(message, field="name", code="required")


def _check_lifetime(lifetime: timedelta) -> None:
    if not timedelta() < lifetime <= LONGEST_LIFETIME:
        raise Invalid("A key lives from one day to 365 days, such as 90d.", field="expires")
