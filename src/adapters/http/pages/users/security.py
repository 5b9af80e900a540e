"""How a user signs in, as the MSP's administrators see it."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from msgspec import Struct

from adapters.http.forms import Filled, Form
from adapters.http.pages.account.security import SecurityView, security_view
from adapters.http.pages.users.views import DESK
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor
from portal_core.identity.second_factors import FactorService
from portal_core.identity.sessions import SessionService
from portal_core.identity.users import UserService
from portal_core.ids import SessionId, UserId


class ResetForm(Struct, frozen=True, kw_only=True):
    """What “Reset second factors” sends."""

    reason: str = ""


class UserSecurityView(Struct, frozen=True, kw_only=True):
    """What the page reads. `waiting` is whether an invitation is not accepted yet."""

    here: str
    name: str
    is_self: bool
    waiting: bool
    works_until: datetime | None
    security: SecurityView
    filled: Filled[ResetForm]


class UserSecurityPages(Controller):
    """How a user signs in, and where they are signed in."""

    path = f"{DESK}/{{user_id:uuid}}/security"

    @get()
    async def show(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        users: NamedDependency[UserService],
        factors: NamedDependency[FactorService],
        sessions: NamedDependency[SessionService],
    ) -> Template:
        """Show what lets the user in."""
        filled = Filled.of(ResetForm())
        return await _show(user_id, actor, screen, users, factors, sessions, filled)

    @post("/factors/reset")
    async def reset(
        self,
        user_id: FromPath[UUID],
        data: Form[ResetForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        users: NamedDependency[UserService],
        factors: NamedDependency[FactorService],
        sessions: NamedDependency[SessionService],
    ) -> Template | Redirect:
        """Take the user's second factors, which they have lost."""
        try:
            await factors.reset(actor, UserId(user_id), data.fields.reason)
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _show(user_id, actor, screen, users, factors, sessions, filled)
        return screen.go(_here(user_id), "factors-reset")

    @post("/sessions/{session_id:uuid}/end")
    async def end(
        self,
        user_id: FromPath[UUID],
        session_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sessions: NamedDependency[SessionService],
    ) -> Redirect:
        """End one of the user's sessions."""
        await sessions.end_of_user(actor, UserId(user_id), SessionId(session_id))
        return screen.go(_here(user_id), "session-ended")

    @post("/sessions/end-all")
    async def end_all(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        sessions: NamedDependency[SessionService],
    ) -> Redirect:
        """End all of the user's sessions."""
        await sessions.end_all_of_user(actor, UserId(user_id))
        return screen.go(_here(user_id), "sessions-ended")

    @post("/invite")
    async def invite(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        users: NamedDependency[UserService],
    ) -> Redirect:
        """Send the invitation again."""
        await users.invite(actor, UserId(user_id))
        return screen.go(_here(user_id), "invitation-sent")

    @post("/revoke")
    async def revoke(
        self,
        user_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        users: NamedDependency[UserService],
    ) -> Redirect:
        """Let the invitation work no more."""
        await users.revoke_invitation(actor, UserId(user_id))
        return screen.go(_here(user_id), "invitation-revoked")


def _here(user_id: UUID) -> str:
    return f"{DESK}/{user_id}/security"


async def _show(
    user_id: UUID,
    actor: Actor,
    screen: Screen,
    users: UserService,
    factors: FactorService,
    sessions: SessionService,
    filled: Filled[ResetForm],
) -> Template:
    user = await users.get(actor, UserId(user_id))
    invitation = await users.invitation(actor, user.id)
    here = _here(user_id)
    view = UserSecurityView(
        here=here,
        name=user.name,
        is_self=user.id == actor.id,
        waiting=invitation.open,
        works_until=invitation.ends_at,
        security=security_view(
            await factors.of_user(actor, user.id),
            await sessions.of_user(actor, user.id),
            here,
            this=actor.session_id,
        ),
        filled=filled,
    )
    crumbs = (
        Crumb("Users", DESK),
        Crumb(user.name, f"{DESK}/{user.id}"),
        Crumb("Security"),
    )
    return await screen.show(
        "pages/users/security.html", view, crumbs=crumbs, status=filled.status
    )
