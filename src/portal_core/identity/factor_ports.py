"""What second factors, one-time links and known browsers need from the outside world."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from portal_core.identity.browsers import Browser
from portal_core.identity.challenges import Challenge
from portal_core.identity.factors import Authenticator, Factors, Passkey
from portal_core.identity.model import User
from portal_core.identity.passkeys import Assertion, Ceremony, Credential
from portal_core.identity.policy import SignInPolicy
from portal_core.identity.tokens import OneTimeToken, Purpose
from portal_core.ids import AuthenticatorId, BrowserId, PasskeyId, UserId


class FactorRepository(Protocol):
    """What people can show besides a password. The secrets lie encrypted."""

    async def of_user(self, user_id: UserId) -> Factors:
        """Return everything that the user can show, each kind oldest first."""

    async def add_authenticator(self, authenticator: Authenticator) -> None:
        """Store a new authenticator."""

    async def use_step(
        self, authenticator_id: AuthenticatorId, step: int, at: datetime
    ) -> bool:
        """Note that the code of this step was accepted; return False if it was before.

        A step below the last one counts as used. Of several works at once, one gets True.
        """

    async def add_passkey(self, passkey: Passkey) -> None:
        """Store a new passkey. Raises Conflict if its credential is known already."""

    async def find_passkey(self, credential_id: bytes) -> Passkey | None:
        """Return the passkey with this credential, if there is one."""

    async def use_passkey(
        self, passkey_id: PasskeyId, sign_count: int, at: datetime
    ) -> None:
        """Note that the passkey was used, and what its device has counted."""

    async def remove(
        self, user_id: UserId, factor_id: AuthenticatorId | PasskeyId
    ) -> str | None:
        """Remove the user's factor; return its name, if it was there."""

    async def remove_all(self, user_id: UserId) -> None:
        """Remove every factor of the user, recovery codes included."""

    async def keep_recovery_codes(
        self, user_id: UserId, digests: Collection[bytes]
    ) -> None:
        """Store the digests in place of all that the user had."""

    async def recovery_codes(self, user_id: UserId) -> Sequence[bytes]:
        """Return the digests of the codes that the user has left."""

    async def use_recovery_code(self, user_id: UserId, digest: bytes) -> bool:
        """Take the code away; return whether it was there. One of several gets True."""


class ChallengeRepository(Protocol):
    """Who has shown one factor and is asked for another."""

    async def add(self, challenge: Challenge) -> None:
        """Store a new challenge."""

    async def find(self, token_hash: bytes, now: datetime) -> Challenge | None:
        """Return the challenge, if it has neither ended nor used up its tries."""

    async def take_try(self, token_hash: bytes, now: datetime) -> Challenge | None:
        """Count one try, and return the challenge with it; None if there is none left."""

    async def end(self, token_hash: bytes) -> bool:
        """Remove the challenge; return whether it was there. One of several gets True."""

    async def end_all(self, user_id: UserId) -> None:
        """Remove every challenge of the user."""


class CeremonyRepository(Protocol):
    """Questions to browsers that are not answered yet."""

    async def add(self, ceremony: Ceremony, now: datetime) -> None:
        """Store a new question; some that have ended may go."""

    async def use(self, challenge: bytes, now: datetime) -> Ceremony | None:
        """Take the question away and return it, if it was open. One of several gets it."""


class TokenRepository(Protocol):
    """Links that work once."""

    async def offer(self, token: OneTimeToken) -> None:
        """Store the token in place of any other that the user has for this purpose."""

    async def find(self, token_hash: bytes, now: datetime) -> OneTimeToken | None:
        """Return the token, if it is live."""

    async def live(
        self, user_id: UserId, purpose: Purpose, now: datetime
    ) -> OneTimeToken | None:
        """Return the user's live token for this purpose, if there is one."""

    async def use(self, token_hash: bytes, now: datetime) -> OneTimeToken | None:
        """Take the token away and return it, if it was live. One of several gets it."""

    async def end_all(self, user_id: UserId) -> None:
        """Remove every token of the user."""


class BrowserRepository(Protocol):
    """The browsers that users have signed in with."""

    async def keep(self, browser: Browser) -> None:
        """Store the browser, new or in place of what was known of it."""

    async def find(
        self, user_id: UserId, token_hashes: Collection[bytes]
    ) -> Browser | None:
        """Return the user's browser that holds one of these tokens, if there is one."""

    async def used_from(self, user_id: UserId, network: str) -> bool:
        """Return whether the user has signed in from this network before."""

    async def of_user(self, user_id: UserId) -> Sequence[Browser]:
        """Return the user's browsers, the last used first."""

    async def remove(self, user_id: UserId, browser_id: BrowserId) -> bool:
        """Forget the browser; return whether it was known."""

    async def distrust(self, user_id: UserId) -> None:
        """Let a password be enough in none of the user's browsers."""


class PolicyQueries(Protocol):
    """What signing in takes."""

    async def of_user(self, user_id: UserId) -> SignInPolicy:
        """Return what all the user's companies ask, and the MSP of its own people."""


class OneTimeCodes(Protocol):
    """Codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds)."""

    def new_secret(self) -> str:
        """Return 160 random bits in base32."""

    def address(self, secret: str, account: str, issuer: str) -> str:
        """Return the `otpauth:` address that an app reads from a picture."""

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        """Return the interval that the code belongs to: this one, the last or the next."""


class PasskeyVerifier(Protocol):
    """Asks browsers for passkeys of this portal, and checks what they answer."""

    def creation(
        self, user: User, portal: str, challenge: bytes, known: Sequence[bytes]
    ) -> str:
        """Return, as JSON for the browser, the wish for a new passkey of the user."""

    def request(self, challenge: bytes, known: Sequence[bytes]) -> str:
        """Return, as JSON for the browser, the wish for one of these passkeys, or any."""

    def challenge_of(self, response: str) -> bytes:
        """Return the challenge that the answer says it is for. Raises Invalid."""

    def credential_of(self, response: str) -> bytes:
        """Return the credential that the answer says it is by. Raises Invalid."""

    def register(self, response: str, challenge: bytes) -> Credential:
        """Return the passkey that was made. Raises Invalid."""

    def verify(self, response: str, challenge: bytes, passkey: Passkey) -> Assertion:
        """Return what the device says. Raises Invalid, also if its count went back."""


class KnownPasswords(Protocol):
    """Passwords that attackers know."""

    def known(self, password: str) -> bool:
        """Return whether the password is on a list of common or leaked ones."""
