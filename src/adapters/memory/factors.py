"""Second factors, one-time links and known browsers in dictionaries."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from adapters.memory.tables import Tables
from portal_core.errors import Conflict
from portal_core.identity.browsers import Browser
from portal_core.identity.challenges import Challenge
from portal_core.identity.factors import Authenticator, Factors, Passkey
from portal_core.identity.passkeys import Ceremony
from portal_core.identity.policy import SignInPolicy
from portal_core.identity.tokens import OneTimeToken, Purpose
from portal_core.ids import AuthenticatorId, BrowserId, PasskeyId, UserId


class MemoryFactors:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of_user(self, user_id: UserId) -> Factors:
        authenticators = self._tables.authenticators.values()
        passkeys = self._tables.passkeys.values()
        return Factors(
            authenticators=tuple(
                sorted((a for a in authenticators if a.user_id == user_id), key=_age)
            ),
            passkeys=tuple(sorted((p for p in passkeys if p.user_id == user_id), key=_age)),
            recovery_codes=len(self._tables.recovery_codes.get(user_id, ())),
        )

    async def add_authenticator(self, authenticator: Authenticator) -> None:
        self._tables.authenticators[authenticator.id] = authenticator

    async def use_step(
        self, authenticator_id: AuthenticatorId, step: int, at: datetime
    ) -> bool:
        known = self._tables.authenticators.get(authenticator_id)
        if known is None or step <= known.last_step:
            return False
        used = replace(known, last_step=step, used_at=at)
        self._tables.authenticators[authenticator_id] = used
        return True

    async def add_passkey(self, passkey: Passkey) -> None:
        if await self.find_passkey(passkey.credential_id):
            raise Conflict("This passkey is known already.", code="taken")
        self._tables.passkeys[passkey.id] = passkey

    async def find_passkey(self, credential_id: bytes) -> Passkey | None:
        passkeys = self._tables.passkeys.values()
        return next((one for one in passkeys if one.credential_id == credential_id), None)

    async def use_passkey(
        self, passkey_id: PasskeyId, sign_count: int, at: datetime
    ) -> None:
        known = self._tables.passkeys.get(passkey_id)
        if known is not None:
            used = replace(known, sign_count=sign_count, used_at=at)
            self._tables.passkeys[passkey_id] = used

    async def remove(
        self, user_id: UserId, factor_id: AuthenticatorId | PasskeyId
    ) -> str | None:
        known: tuple[dict[UUID, Authenticator], dict[UUID, Passkey]]
        known = self._tables.authenticators, self._tables.passkeys
        for table in known:
            found = table.get(factor_id)
            if found is not None and found.user_id == user_id:
                del table[factor_id]
                return found.name
        return None

    async def remove_all(self, user_id: UserId) -> None:
        factors = await self.of_user(user_id)
        for authenticator in factors.authenticators:
            del self._tables.authenticators[authenticator.id]
        for passkey in factors.passkeys:
            del self._tables.passkeys[passkey.id]
        self._tables.recovery_codes.pop(user_id, None)

    async def keep_recovery_codes(
        self, user_id: UserId, digests: Collection[bytes]
    ) -> None:
        self._tables.recovery_codes[user_id] = frozenset(digests)

    async def recovery_codes(self, user_id: UserId) -> Sequence[bytes]:
        return tuple(self._tables.recovery_codes.get(user_id, ()))

    async def use_recovery_code(self, user_id: UserId, digest: bytes) -> bool:
        left = self._tables.recovery_codes.get(user_id, frozenset())
        self._tables.recovery_codes[user_id] = left - {digest}
        return digest in left


class MemoryChallenges:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, challenge: Challenge) -> None:
        self._tables.challenges[challenge.token_hash] = challenge

    async def find(self, token_hash: bytes, now: datetime) -> Challenge | None:
        found = self._tables.challenges.get(token_hash)
        return found if found and not found.is_over and now < found.ends_at else None

    async def take_try(self, token_hash: bytes, now: datetime) -> Challenge | None:
        found = await self.find(token_hash, now)
        if found is None:
            return None
        taken = replace(found, tries=found.tries + 1)
        self._tables.challenges[token_hash] = taken
        return taken

    async def end(self, token_hash: bytes) -> bool:
        return self._tables.challenges.pop(token_hash, None) is not None

    async def end_all(self, user_id: UserId) -> None:
        for challenge in list(self._tables.challenges.values()):
            if challenge.user_id == user_id:
                del self._tables.challenges[challenge.token_hash]


class MemoryCeremonies:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, ceremony: Ceremony, now: datetime) -> None:  # noqa: ARG002 - a database sweeps
        self._tables.ceremonies[ceremony.challenge] = ceremony

    async def use(self, challenge: bytes, now: datetime) -> Ceremony | None:
        found = self._tables.ceremonies.pop(challenge, None)
        return found if found and now < found.ends_at else None


class MemoryTokens:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def offer(self, token: OneTimeToken) -> None:
        self._tables.tokens[token.user_id, token.purpose] = token

    async def find(self, token_hash: bytes, now: datetime) -> OneTimeToken | None:
        tokens = self._tables.tokens.values()
        live = (one for one in tokens if one.token_hash == token_hash and now < one.ends_at)
        return next(live, None)

    async def live(
        self, user_id: UserId, purpose: Purpose, now: datetime
    ) -> OneTimeToken | None:
        found = self._tables.tokens.get((user_id, purpose))
        return found if found and now < found.ends_at else None

    async def use(self, token_hash: bytes, now: datetime) -> OneTimeToken | None:
        found = await self.find(token_hash, now)
        if found is not None:
            del self._tables.tokens[found.user_id, found.purpose]
        return found

    async def end_all(self, user_id: UserId) -> None:
        for purpose in Purpose:
            self._tables.tokens.pop((user_id, purpose), None)


class MemoryBrowsers:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def keep(self, browser: Browser) -> None:
        self._tables.browsers[browser.id] = browser

    async def find(
        self, user_id: UserId, token_hashes: Collection[bytes]
    ) -> Browser | None:
        theirs = await self.of_user(user_id)
        return next((one for one in theirs if one.token_hash in token_hashes), None)

    async def used_from(self, user_id: UserId, network: str) -> bool:
        return any(one.network == network for one in await self.of_user(user_id))

    async def of_user(self, user_id: UserId) -> Sequence[Browser]:
        browsers = self._tables.browsers.values()
        theirs = (one for one in browsers if one.user_id == user_id)
        return sorted(theirs, key=lambda one: (one.seen_at, one.id), reverse=True)

    async def remove(self, user_id: UserId, browser_id: BrowserId) -> bool:
        found = self._tables.browsers.get(browser_id)
        if found is None or found.user_id != user_id:
            return False
        del self._tables.browsers[browser_id]
        return True

    async def distrust(self, user_id: UserId) -> None:
        for browser in await self.of_user(user_id):
            self._tables.browsers[browser.id] = replace(browser, trusted_until=None)


class MemoryPolicies:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of_user(self, user_id: UserId) -> SignInPolicy:
        asked = [
            self._tables.companies[company_id].sign_in
            for company_id, member_id in self._tables.memberships
            if member_id == user_id
        ]
        user = self._tables.users.get(user_id)
        if user is not None and user.msp_role is not None:
            asked.append(self._tables.settings.sign_in)
        return SignInPolicy.of_all(asked)


def _age(factor: Authenticator | Passkey) -> tuple[datetime, str]:
    return factor.created_at, str(factor.id)
