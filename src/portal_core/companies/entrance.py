"""What the database knows about somebody who comes in."""

from msgspec import Struct

from portal_core.companies.model import Company
from portal_core.identity.model import ApiKey, Session, User
from portal_core.identity.permissions import Role
from portal_core.identity.policy import SignInPolicy


class Entrance(Struct, frozen=True, kw_only=True):
    """A session with its user, or a key; and the company they asked for, if they may.

    `role` is the user's role in that company; None for the MSP's people and for keys.
    `msp_policy` is what the MSP asks of its own people, if the user is one of them.
    """

    user: User | None = None
    has_authenticator: bool = False
    session: Session | None = None
    key: ApiKey | None = None
    company: Company | None = None
    role: Role | None = None
    msp_policy: SignInPolicy | None = None
