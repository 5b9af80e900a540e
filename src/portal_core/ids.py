"""One type per kind of identifier, so that they cannot be mixed up."""

import secrets
import time
from typing import NewType
from uuid import UUID

AuthenticatorId = NewType("AuthenticatorId", UUID)
BrowserId = NewType("BrowserId", UUID)
CategoryId = NewType("CategoryId", UUID)
CompanyId = NewType("CompanyId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
EndpointId = NewType("EndpointId", UUID)
EventId = NewType("EventId", UUID)
ImportId = NewType("ImportId", UUID)
KeyId = NewType("KeyId", UUID)
LinkId = NewType("LinkId", UUID)
OrderId = NewType("OrderId", UUID)
PasskeyId = NewType("PasskeyId", UUID)
PriceListId = NewType("PriceListId", UUID)
ProductId = NewType("ProductId", UUID)
ProviderId = NewType("ProviderId", UUID)
RoleId = NewType("RoleId", UUID)
SessionId = NewType("SessionId", UUID)
UserId = NewType("UserId", UUID)


def new_id() -> UUID:
    """Return a UUID version 7: 48 bits of milliseconds, 12 of their fraction, 62 random.

    Ids made later by one process sort later, also within a millisecond (RFC 9562 §5.7,
    §6.2 method 3), so that lists keep their order and indexes stay dense.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    time_and_version = milliseconds << 16 | 0x7000 | rest * 4096 // 1_000_000
    return UUID(int=time_and_version << 64 | 0b10 << 62 | secrets.randbits(62))
