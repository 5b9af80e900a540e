"""Telling a person what happens to their account, and sending the links they asked for.

A link's token is made when its mail is written, and only its hash is stored: neither the
record of events nor the queue ever holds one. A mail that is tried again carries a new
link, and ends the earlier one.
"""

from collections.abc import Callable, Mapping

from msgspec import Struct

from portal_core.clock import Clock
from portal_core.companies.ports import CompaniesDatabase
from portal_core.delivery import Due
from portal_core.events import Event
from portal_core.identity.events import (
    AccountLinked,
    AccountUnlinked,
    BrowserAdded,
    FactorAdded,
    FactorRemoved,
    FactorsReset,
    PasswordChanged,
    PasswordResetAsked,
    RecoveryCodesRenewed,
    UserInvited,
    UserLocked,
)
from portal_core.identity.factors import Method
from portal_core.identity.model import User
from portal_core.identity.tokens import OneTimeToken, Purpose
from portal_core.ids import UserId
from portal_core.notifications.messages import Letter, write
from portal_core.notifications.ports import Mailer

NOBODY = "Nobody to tell: no such account, or nothing to say."
_REASON = "You get this mail because you have an account here."
_NOT_YOU = "Was it not you? Change your password at once, and tell your administrator."


class PersonNotifier:
    """Mails a person about their own account."""

    def __init__(
        self, *, database: CompaniesDatabase, mailer: Mailer, clock: Clock, public_url: str
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._clock = clock
        self._public_url = public_url

    async def deliver(self, due: Due) -> str:
        """Mail the person. Raises what the mailer raises."""
        event = due.event
        user_id = event.subject_id
        if user_id is None:
            return NOBODY
        async with self._database.begin() as work:
            user = await work.users.get(UserId(user_id))
            settings = await work.settings.get()
            if user.disabled:
                return NOBODY
            purpose = _PURPOSES.get(type(event))
            if purpose is None:
                letter = _letter(event, self._public_url)
            elif purpose is Purpose.INVITATION and await work.credentials.find(user.id):
                return NOBODY
            else:
                token, text = OneTimeToken.create(purpose, user.id, self._clock())
                await work.tokens.offer(token)
                letter = _LINKS[purpose](user, settings.name, self._public_url, text)
        if letter is None:
            return NOBODY
        message = write(letter, id_=due.delivery.id, to=user.email, portal=settings.name)
        return await self._mailer.send(message)


_PURPOSES: Mapping[type[Event], Purpose] = {
    PasswordResetAsked: Purpose.RESET,
    UserInvited: Purpose.INVITATION,
}


def _reset(user: User, portal: str, public_url: str, token: str) -> Letter:
    return Letter(
        subject=f"Set a new password for {portal}",
        paragraphs=(
            f"Hello {user.name}, somebody asked to set a new password for your account.",
            "The link works once, for 30 minutes. If it was not you, do nothing.",
        ),
        action="Set a new password",
        link=f"{public_url}/reset?token={token}",
        reason=_REASON,
    )


def _invitation(user: User, portal: str, public_url: str, token: str) -> Letter:
    return Letter(
        subject=f"You are invited to {portal}",
        paragraphs=(
            f"Hello {user.name}, an account was made for you.",
            "Choose a password, and you are in. The link works once, for seven days.",
        ),
        action="Accept the invitation",
        link=f"{public_url}/invite?token={token}",
        reason="You get this mail because somebody invited you.",
    )


_LINKS: Mapping[Purpose, Callable[[User, str, str, str], Letter]] = {
    Purpose.RESET: _reset,
    Purpose.INVITATION: _invitation,
}


class _Notice(Struct, frozen=True):
    """What a mail about the account says first, and then."""

    subject: str
    text: str


def _letter(event: Event, public_url: str) -> Letter | None:
    notice = _notice(event)
    if notice is None:
        return None
    return Letter(
        subject=notice.subject,
        paragraphs=(notice.text, _NOT_YOU),
        action="See how your account is secured",
        link=f"{public_url}/account/security",
        reason=_REASON,
    )


def _notice(event: Event) -> _Notice | None:
    match event:
        case BrowserAdded():
            where = f"from the network {event.network}"
            text = f"You signed in with a browser that we have not seen before, {where}."
            return _Notice("New sign-in to your account", text)
        case UserLocked(what="code"):
            text = f"Somebody at {event.network} knew your password, but had no right code."
            return _Notice("Somebody knows your password", text)
        case UserLocked():
            text = f"Somebody tried wrong passwords, again and again, from {event.network}."
            later = " They have to wait longer each time; you can sign in from elsewhere."
            return _Notice("Many failed sign-ins to your account", text + later)
        case PasswordChanged():
            return _Notice("Your password was changed", _CHANGED[event.how])
    return _factor_notice(event) or _link_notice(event)


_CHANGED = {
    "changed": "You changed your password. Every other browser was signed out.",
    "reset": "Your password was set by a link that we mailed to you.",
    "set": "An administrator set a password for you. Change it when you sign in.",
}
_KINDS = {Method.CODE: "authenticator", Method.PASSKEY: "passkey"}


def _factor_notice(event: Event) -> _Notice | None:
    match event:
        case FactorAdded():
            text = f"The {_KINDS.get(event.kind, 'factor')} “{event.name}” was added."
            return _Notice("A second factor was added to your account", text)
        case FactorRemoved():
            text = f"“{event.name}” can’t be used to sign in any more."
            return _Notice("A second factor was removed from your account", text)
        case FactorsReset():
            text = f"{event.stamp.actor.name} removed all of them: {event.reason}."
            return _Notice("Your second factors were reset", text)
        case RecoveryCodesRenewed():
            text = "You have ten new recovery codes. The earlier ones are void."
            return _Notice("New recovery codes for your account", text)
    return None


def _link_notice(event: Event) -> _Notice | None:
    match event:
        case AccountLinked():
            text = f"You can sign in by {event.provider} ({event.account}) from now on."
            return _Notice(f"{event.provider} was linked to your account", text)
        case AccountUnlinked():
            text = f"Nobody can sign in to your account by {event.provider} any more."
            return _Notice(f"{event.provider} was unlinked from your account", text)
    return None
