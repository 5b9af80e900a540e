"""What the database knows about somebody who comes in."""

from msgspec import Struct

from portal_core.companies.model import Company
from portal_core.companies.standing import Standing
from portal_core.identity.model import ApiKey, Session, User
from portal_core.identity.policy import SignInPolicy


class Entrance(Struct, frozen=True, kw_only=True):
    """A session with its user, or a key; and the company they asked for.

    `standing` is what the user is to that company, with any grant, dead or alive; there is
    one with every company that is there, but none for a key, which is there for its own
    companies only.
    `msp_policy` is what the MSP asks of its own people, if the user is one of them.
    """

    user: User | None = None
    has_authenticator: bool = False
    session: Session | None = None
    key: ApiKey | None = None
    company: Company | None = None
    standing: Standing = Standing()
    msp_policy: SignInPolicy | None = None
