"""Facts about users, sessions and keys."""

from typing import Literal
from uuid import UUID

from portal_core.events import Event
from portal_core.identity.factors import Method
from portal_core.ids import BrowserId, KeyId, LinkId, ProviderId, SessionId, UserId


class UserCreated(Event, frozen=True, kw_only=True, tag="user.created"):
    """Somebody can sign in from now on."""

    user_id: UserId
    email: str
    name: str
    msp_role: str | None = None

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class UserUpdated(Event, frozen=True, kw_only=True, tag="user.updated"):
    """A user's details were changed."""

    user_id: UserId
    changed: tuple[str, ...]

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class UserDisabled(Event, frozen=True, kw_only=True, tag="user.disabled"):
    """A user may no longer sign in; every session ended."""

    user_id: UserId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class UserEnabled(Event, frozen=True, kw_only=True, tag="user.enabled"):
    """A user may sign in again."""

    user_id: UserId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class UserSignedIn(Event, frozen=True, kw_only=True, tag="user.signed_in"):
    """A user signed in."""

    user_id: UserId
    network: str
    browser: str = ""
    methods: tuple[Method, ...] = ()
    provider_id: ProviderId | None = None

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class UserSignedOut(Event, frozen=True, kw_only=True, tag="user.signed_out"):
    """A user ended the session."""

    user_id: UserId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class SignInRefused(Event, frozen=True, kw_only=True, tag="user.sign_in_refused"):
    """A password did not fit. Only known users have one; unknown mail leaves no name."""

    user_id: UserId | None
    network: str

    @property
    def subject_id(self) -> UUID | None:
        return self.user_id


class BrowserAdded(Event, frozen=True, kw_only=True, tag="browser.added"):
    """A user signed in with a browser that they had not used before; not with their first.

    `browser` is what it says it is.
    """

    user_id: UserId
    browser: str
    network: str

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class UserLocked(Event, frozen=True, kw_only=True, tag="user.locked"):
    """Many tries in a row failed from one network, which has to wait now.

    They were at the password, or by somebody who knew it at the code.
    """

    user_id: UserId
    network: str
    what: Literal["password", "code"] = "password"

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class SecondFactorRefused(
    Event, frozen=True, kw_only=True, tag="user.second_factor_refused"
):
    """Somebody knew the password and had no fitting code."""

    user_id: UserId
    network: str

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class FactorAdded(Event, frozen=True, kw_only=True, tag="user.factor_added"):
    """A user can show something more."""

    user_id: UserId
    kind: Method
    name: str

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class FactorRemoved(Event, frozen=True, kw_only=True, tag="user.factor_removed"):
    """A user gave up one of the things they could show."""

    user_id: UserId
    name: str

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class FactorsReset(Event, frozen=True, kw_only=True, tag="user.factors_reset"):
    """An administrator took all second factors from a user, and said why."""

    user_id: UserId
    reason: str

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class RecoveryCodesRenewed(
    Event, frozen=True, kw_only=True, tag="user.recovery_codes_renewed"
):
    """A user has ten new recovery codes; the earlier ones are void."""

    user_id: UserId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class PasswordChanged(Event, frozen=True, kw_only=True, tag="user.password_changed"):
    """A user has another password: `how` is changed, reset or set by an administrator."""

    user_id: UserId
    how: Literal["changed", "reset", "set"] = "changed"

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class PasswordResetAsked(Event, frozen=True, kw_only=True, tag="user.password_reset_asked"):
    """Somebody asked for a link to set a password; None if the address is unknown."""

    user_id: UserId | None
    network: str

    @property
    def subject_id(self) -> UUID | None:
        return self.user_id


class UserInvited(Event, frozen=True, kw_only=True, tag="user.invited"):
    """A user is asked by mail to choose a password."""

    user_id: UserId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class InvitationRevoked(Event, frozen=True, kw_only=True, tag="user.invitation_revoked"):
    """The link in the mail does not work any more."""

    user_id: UserId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class InvitationAccepted(Event, frozen=True, kw_only=True, tag="user.invitation_accepted"):
    """An invited user has chosen a password."""

    user_id: UserId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class SessionProved(Event, frozen=True, kw_only=True, tag="session.proved"):
    """A user has shown again that it is them."""

    user_id: UserId
    session_id: SessionId
    method: Method

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class SessionEnded(Event, frozen=True, kw_only=True, tag="session.ended"):
    """A session was ended from elsewhere."""

    user_id: UserId
    session_id: SessionId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class SessionsEnded(Event, frozen=True, kw_only=True, tag="session.ended_all"):
    """All of a user’s sessions were ended, but for the one that did so."""

    user_id: UserId
    sessions: int

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class BrowserForgotten(Event, frozen=True, kw_only=True, tag="browser.forgotten"):
    """A browser is not known, nor trusted, any more."""

    user_id: UserId
    browser_id: BrowserId

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class ApiKeyCreated(Event, frozen=True, kw_only=True, tag="api_key.created"):
    """A key was issued."""

    key_id: KeyId
    name: str
    scopes: tuple[str, ...]

    @property
    def subject_id(self) -> UUID:
        return self.key_id


class ApiKeyRevoked(Event, frozen=True, kw_only=True, tag="api_key.revoked"):
    """A key was withdrawn."""

    key_id: KeyId
    name: str

    @property
    def subject_id(self) -> UUID:
        return self.key_id


class ApiKeyRefused(Event, frozen=True, kw_only=True, tag="api_key.refused"):
    """A key asked for a company that it is not for, or that is not there."""

    key_id: KeyId
    company: str

    @property
    def subject_id(self) -> UUID:
        return self.key_id


class AccountLinked(Event, frozen=True, kw_only=True, tag="user.account_linked"):
    """A user can sign in by an account at a provider from now on."""

    user_id: UserId
    link_id: LinkId
    provider: str
    account: str

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class AccountUnlinked(Event, frozen=True, kw_only=True, tag="user.account_unlinked"):
    """A user can't sign in by an account at a provider any more."""

    user_id: UserId
    link_id: LinkId
    provider: str

    @property
    def subject_id(self) -> UUID:
        return self.user_id


class VouchingRefused(Event, frozen=True, kw_only=True, tag="provider.refused"):
    """What came back from a provider was not whole, true, fresh and meant for us."""

    provider_id: ProviderId
    reason: str
    network: str

    @property
    def subject_id(self) -> UUID:
        return self.provider_id


class ProviderAdded(Event, frozen=True, kw_only=True, tag="provider.added"):
    """People can sign in by another provider."""

    provider_id: ProviderId
    name: str

    @property
    def subject_id(self) -> UUID:
        return self.provider_id


class ProviderUpdated(Event, frozen=True, kw_only=True, tag="provider.updated"):
    """A provider was changed. Names the fields, never their values."""

    provider_id: ProviderId
    name: str
    changed: tuple[str, ...]

    @property
    def subject_id(self) -> UUID:
        return self.provider_id


class ProviderRemoved(Event, frozen=True, kw_only=True, tag="provider.removed"):
    """Nobody can sign in by this provider any more. `links` is how many accounts it had."""

    provider_id: ProviderId
    name: str
    links: int

    @property
    def subject_id(self) -> UUID:
        return self.provider_id
