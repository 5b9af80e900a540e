"""What the database knows about somebody who comes in."""

from msgspec import Struct

from portal_core.companies.model import Company
from portal_core.identity.model import ApiKey, Session, User
from portal_core.identity.permissions import Role


class Entrance(Struct, frozen=True, kw_only=True):
    """A session with its user, or a key; and the company they asked for, if they may.

    `role` is the user's role in that company; None for the MSP's people and for keys.
    """

    user: User | None = None
    session: Session | None = None
    key: ApiKey | None = None
    company: Company | None = None
    role: Role | None = None
