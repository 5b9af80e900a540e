"""Facts about users, sessions and keys."""

from uuid import UUID

from portal_core.events import Event
from portal_core.ids import KeyId, UserId


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
