"""One type per kind of identifier, so that they cannot be mixed up."""

import secrets
import time
from typing import NewType
from uuid import UUID

CategoryId = NewType("CategoryId", UUID)
CompanyId = NewType("CompanyId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
EndpointId = NewType("EndpointId", UUID)
EventId = NewType("EventId", UUID)
ImportId = NewType("ImportId", UUID)
KeyId = NewType("KeyId", UUID)
OrderId = NewType("OrderId", UUID)
PriceListId = NewType("PriceListId", UUID)
ProductId = NewType("ProductId", UUID)
UserId = NewType("UserId", UUID)


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562 §5.7): 48 bits of time, then 74 random bits.

    Ids made later sort later, which keeps the indexes of the database dense.
    """
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds << 80) | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | (0x7 << 76)
    return UUID(int=bits & ~(0x3 << 62) | (0x2 << 62))
