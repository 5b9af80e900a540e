"""Who is acting: a signed-in user, an API key, or the portal itself."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from portal_core.errors import Forbidden, NotFound, ProofNeeded
from portal_core.events import ActorKind, ActorRef, Stamp
from portal_core.identity.permissions import (
    IN_COMPANY,
    MSP_ONLY,
    SENTENCES,
    Permission,
    StaffScope,
)
from portal_core.ids import CompanyId, EventId, SessionId, UserId, new_id

PROOF_LIFETIME = timedelta(minutes=10)
"""How long after showing who they are a person may do what asks for proof."""


class Actor(Struct, frozen=True, kw_only=True):
    """Somebody who acts, with what they may do.

    `company_id` is the company in whose rooms they act; None in the MSP's rooms. It comes
    from the address and was checked against a live membership on this very request.
    `proved_at` is when a person last showed who they are, and `staff_scope` which staff
    their rights on staff are about.
    """

    kind: ActorKind
    id: UUID | None
    name: str
    permissions: frozenset[Permission]
    company_id: CompanyId | None = None
    request_id: str | None = None
    session_id: SessionId | None = None
    proved_at: datetime | None = None
    staff_scope: StaffScope = StaffScope.COMPANY

    @classmethod
    def system(cls, name: str) -> "Actor":
        """Return the portal itself, at one of its own chores. It may do everything."""
        everything = frozenset(Permission)
        return cls(kind=ActorKind.SYSTEM, id=None, name=name, permissions=everything)

    @property
    def company(self) -> CompanyId:
        """The company in whose rooms the actor is. Raises NotFound in the MSP's rooms."""
        if self.company_id is None:
            raise NotFound("There is no such company.")
        return self.company_id

    @property
    def user_id(self) -> UserId:
        """The user who acts. Raises Forbidden for a key and for the system."""
        if self.kind is not ActorKind.USER or self.id is None:
            raise Forbidden("Only a person can do this.")
        return UserId(self.id)

    @property
    def own_id(self) -> UUID:
        """The user or the key that acts. Raises Forbidden for the system."""
        if self.id is None:
            raise Forbidden("The portal itself has nothing of its own.")
        return self.id

    @property
    def is_msp(self) -> bool:
        """Whether the actor holds any right that reaches across companies."""
        return not self.permissions.isdisjoint(MSP_ONLY)

    @property
    def ref(self) -> ActorRef:
        """The actor as events and orders remember them."""
        return ActorRef(self.kind, self.id, self.name)

    @property
    def grantable(self) -> frozenset[Permission]:
        """What they may hand on: what they hold; a key, all but what makes an owner."""
        if self.kind is ActorKind.KEY and Permission.MANAGE_MEMBERS in self.permissions:
            return IN_COMPANY - {Permission.MANAGE_OWNERS}
        return self.permissions

    def may(self, permission: Permission) -> bool:
        """Return whether the actor holds the permission."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the actor holds the permission."""
        if permission not in self.permissions:
            raise Forbidden(f"You may not {SENTENCES[permission]}. Ask an administrator.")

    def proved(self, now: datetime) -> bool:
        """Return whether a person has shown lately who they are."""
        return self.proved_at is not None and now - self.proved_at <= PROOF_LIFETIME

    def require_proof(self, now: datetime) -> None:
        """Raise ProofNeeded if a person did not show lately who they are."""
        if self.kind is ActorKind.USER and not self.proved(now):
            raise ProofNeeded("Show that it is you, then this is done.")

    def require_system(self) -> None:
        """Raise Forbidden unless the portal itself is acting."""
        if self.kind is not ActorKind.SYSTEM:
            raise Forbidden("Only the portal itself does this.")

    def within(self, company_id: CompanyId) -> "Actor":
        """Return the same actor in the rooms of a company."""
        return replace(self, company_id=company_id)

    def stamp(self, at: datetime, company_id: CompanyId | None = None) -> Stamp:
        """Return the stamp of a fact that the actor makes now."""
        return Stamp(
            id=EventId(new_id()),
            at=at,
            actor=self.ref,
            company_id=company_id or self.company_id,
            request_id=self.request_id,
        )
