"""After the first thing that somebody has shown: they are in, or asked for a second."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Invalid
from portal_core.identity.challenges import LIFETIME, Challenge
from portal_core.identity.model import User
from portal_core.identity.policy import WAYS, Shown, SignInPolicy
from portal_core.identity.ports import IdentityWork
from portal_core.identity.sessions import Admitted, open_session
from portal_core.identity.tokens import new_token, token_hash
from portal_core.identity.visitor import Visitor


class Challenged(Struct, frozen=True):
    """Somebody who is asked for a second factor: the token of that challenge."""

    token: str


async def admit(
    work: IdentityWork,
    user: User,
    visitor: Visitor,
    shown: Shown,
    now: datetime,
    *,
    trusted: bool = False,
    invited: bool = False,
) -> Admitted | Challenged:
    """Open a session for who has shown one factor, or ask for a second.

    `trusted` is whether they trust their browser, which counts as far as their companies
    allow it. Raises Invalid for a way that none of them allows; but who is `invited` has to
    begin somehow.
    """
    policy = await work.policies.of_user(user.id)
    if not invited:
        refuse_other_ways(policy, shown)
    needed = policy.second_factor or (await work.factors.of_user(user.id)).any
    if trusted and policy.trust_days:
        shown = replace(shown, second_factor=True)
    if shown.second_factor or not needed:
        return await open_session(work, user, visitor, shown, now, policy=policy)
    token = new_token()
    await work.challenges.add(
        Challenge(
            token_hash=token_hash(token),
            user_id=user.id,
            method=shown.methods[0],
            provider_id=shown.provider_id,
            created_at=now,
            ends_at=now + LIFETIME,
        )
    )
    return Challenged(token)


def refuse_other_ways(policy: SignInPolicy, shown: Shown) -> None:
    """Raise Invalid for a way that none of the person's companies allows."""
    if shown.way not in policy.ways:
        ways = " or ".join(WAYS[way] for way in policy.ways)
        raise Invalid(f"You may sign in by {ways} only.", code="sign_in_policy")
