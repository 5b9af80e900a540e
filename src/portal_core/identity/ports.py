"""What identity needs from the outside world."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from portal_core.identity.factor_ports import (
    BrowserRepository,
    CeremonyRepository,
    ChallengeRepository,
    FactorRepository,
    PolicyQueries,
    TokenRepository,
)
from portal_core.identity.model import ApiKey, Session, User
from portal_core.identity.provider_ports import (
    ErrandRepository,
    LinkRepository,
    ProviderRepository,
)
from portal_core.identity.throttle import Attempts
from portal_core.ids import KeyId, SessionId, UserId
from portal_core.paging import Page, Window
from portal_core.work import Work


class UserRepository(Protocol):
    """Everyone who can sign in. E-mail addresses are unique and stored in lower case."""

    async def add(self, user: User) -> None:
        """Store a new user. Raises Conflict if the e-mail address is taken."""

    async def get(self, user_id: UserId) -> User:
        """Return the user. Raises NotFound."""

    async def find_by_email(self, email: str) -> User | None:
        """Return the user with this (normal) address, if there is one."""

    async def save(self, user: User) -> None:
        """Store the user as its next version. Raises Conflict if it is not the next."""

    async def any(self) -> bool:
        """Return whether there is any user at all."""

    async def administrators(self) -> Sequence[User]:
        """Return the MSP's administrators who can sign in, by name."""

    async def page(self, search: str, window: Window) -> Page[User]:
        """Return users whose name or address contains the text, by name."""


class CredentialRepository(Protocol):
    """Password hashes, apart from the users so that no list can carry one."""

    async def find(self, user_id: UserId) -> str | None:
        """Return the user's password hash, if a password was set."""

    async def keep(self, user_id: UserId, password_hash: str, at: datetime) -> None:
        """Store the user's password hash in place of any other."""


class SessionRepository(Protocol):
    """Signed-in browsers, by the SHA-256 of their token."""

    async def add(self, session: Session) -> None:
        """Store a new session."""

    async def touch(self, token_hash: bytes, at: datetime) -> None:
        """Note that the session was used."""

    async def end(self, token_hash: bytes) -> UserId | None:
        """Remove the session and return whose it was, if it was there."""

    async def of_user(self, user_id: UserId) -> Sequence[Session]:
        """Return the user's sessions, the last used first; some may have run out."""

    async def prove(self, session_id: SessionId, at: datetime) -> None:
        """Note that the session's user has shown again who they are."""

    async def end_one(self, user_id: UserId, session_id: SessionId) -> bool:
        """Remove the user's session; return whether it was there."""

    async def end_all(self, user_id: UserId, *, but: SessionId | None = None) -> int:
        """Remove the user's sessions, but for one; return how many there were."""


class AttemptRepository(Protocol):
    """Counts of tries to sign in, in storage that every web process shares."""

    async def lock(self, bucket: str) -> Attempts:
        """Return the count of the bucket, held for this work until it is kept or undone."""

    async def keep(self, bucket: str, attempts: Attempts) -> None:
        """Store the count of a locked bucket."""


class SetupTokenRepository(Protocol):
    """The one-time link that makes the first administrator. At most one is live."""

    async def offer(self, token_hash: bytes, ends_at: datetime) -> None:
        """Store the token in place of any other."""

    async def valid(self, token_hash: bytes, now: datetime) -> bool:
        """Return whether the token could be used."""

    async def use(self, token_hash: bytes, now: datetime) -> bool:
        """Take the token away; return whether it was there and still valid.

        Of several works that try at once, only one gets True.
        """


class ApiKeyRepository(Protocol):
    """API keys, found by the public part of their text."""

    async def add(self, key: ApiKey) -> None:
        """Store a new key."""

    async def get(self, key_id: KeyId) -> ApiKey:
        """Return the key. Raises NotFound."""

    async def find(self, lookup: str) -> ApiKey | None:
        """Return the key whose text begins with this, if there is one."""

    async def save(self, key: ApiKey) -> None:
        """Replace the stored key."""

    async def use(self, key_id: KeyId, at: datetime) -> None:
        """Note that the key was used."""

    async def list(self) -> Sequence[ApiKey]:
        """Return every key, newest first."""


class PasswordHasher(Protocol):
    """Slow hashing, away from the event loop and a few at a time."""

    async def hash(self, password: str) -> str:
        """Return the hash of the password, with its parameters."""

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether the password fits. For None it does the same work, and says no."""

    def outdated(self, password_hash: str) -> bool:
        """Return whether the hash was made with weaker parameters than today's."""


class KeyDigest(Protocol):
    """Keyed hashing of API keys, with a secret that is not in the database."""

    def digest(self, text: str) -> bytes:
        """Return the digest under the newest secret."""

    def matches(self, text: str, digest: bytes) -> bool:
        """Return whether the text has this digest under any live secret."""


class IdentityWork(Work, Protocol):
    """What identity may touch in one transaction."""

    @property
    def users(self) -> UserRepository: ...
    @property
    def credentials(self) -> CredentialRepository: ...
    @property
    def sessions(self) -> SessionRepository: ...
    @property
    def attempts(self) -> AttemptRepository: ...
    @property
    def setup_tokens(self) -> SetupTokenRepository: ...
    @property
    def keys(self) -> ApiKeyRepository: ...
    @property
    def factors(self) -> FactorRepository: ...
    @property
    def challenges(self) -> ChallengeRepository: ...
    @property
    def ceremonies(self) -> CeremonyRepository: ...
    @property
    def tokens(self) -> TokenRepository: ...
    @property
    def browsers(self) -> BrowserRepository: ...
    @property
    def policies(self) -> PolicyQueries: ...
    @property
    def providers(self) -> ProviderRepository: ...
    @property
    def links(self) -> LinkRepository: ...
    @property
    def errands(self) -> ErrandRepository: ...


class IdentityDatabase(Protocol):
    """Opens works on identity."""

    def begin(self) -> AbstractAsyncContextManager[IdentityWork]:
        """Open a work that changes things."""

    def read(self) -> AbstractAsyncContextManager[IdentityWork]:
        """Open a work that only reads."""
