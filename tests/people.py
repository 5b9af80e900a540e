"""Who and when, for tests: one moment, two companies, and everybody who could act."""

from datetime import UTC, datetime
from uuid import UUID

from portal_core.events import ActorKind
from portal_core.identity.actor import Actor
from portal_core.identity.permissions import MSP_ROLES, ROLES, MspRole, Role
from portal_core.ids import CompanyId, UserId

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HARBOUR = CompanyId(UUID("01970000-0000-7000-8000-0000000000c1"))
ORCHARD = CompanyId(UUID("01970000-0000-7000-8000-0000000000c2"))
BUYER_ID = UserId(UUID("01970000-0000-7000-8000-0000000000a1"))
ADMINISTRATOR_ID = UserId(UUID("01970000-0000-7000-8000-0000000000a2"))
MSP_ID = UserId(UUID("01970000-0000-7000-8000-0000000000a3"))
STRANGER_ID = UserId(UUID("01970000-0000-7000-8000-0000000000a4"))


def member(user_id, name, role, company_id=HARBOUR):
    """Return a user acting in the rooms of a company, with a role there."""
    return Actor(
        kind=ActorKind.USER,
        id=user_id,
        name=name,
        permissions=ROLES[role],
        company_id=company_id,
        proved_at=NOON,
    )


BUYER = member(BUYER_ID, "Bea Buyer", Role.BUYER)
ADMINISTRATOR = member(ADMINISTRATOR_ID, "Ada Admin", Role.ADMINISTRATOR)
STRANGER = member(STRANGER_ID, "Sam Stranger", Role.ADMINISTRATOR, ORCHARD)
NOBODY = Actor(kind=ActorKind.USER, id=STRANGER_ID, name="Nobody", permissions=frozenset())
MSP = Actor(
    kind=ActorKind.USER,
    id=MSP_ID,
    name="Mia Provider",
    permissions=MSP_ROLES[MspRole.ADMINISTRATOR],
    proved_at=NOON,
)
SYSTEM = Actor.system("tests")


class SettableClock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now

    def advance(self, by):
        """Let time pass."""
        self.now += by
