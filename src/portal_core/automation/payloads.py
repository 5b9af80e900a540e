"""Events as receivers read them: Standard Webhooks, and what the predecessor sent."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from portal_core.commerce.events import OrderPlaced
from portal_core.events import Event, event_type
from portal_core.ids import DeliveryId
from portal_core.money import Money


def standard_body(event: Event) -> bytes:
    """Return the event as Standard Webhooks 1.0.0 wants it: type, timestamp, data.

    `data` holds the event's own fields, its id, its actor and its company.
    """
    stamp = event.stamp
    own = {field: getattr(event, field) for field in event.__struct_fields__}
    own.pop("stamp")
    data = {
        "id": stamp.id,
        "company_id": stamp.company_id,
        "actor": {"kind": stamp.actor.kind, "id": stamp.actor.id, "name": stamp.actor.name},
        **own,
    }
    return msgspec.json.encode(
        {"type": event_type(event), "timestamp": _moment(stamp.at), "data": _plain(data)}
    )


def legacy_body(event: OrderPlaced, vendor_skus: Mapping[str, str]) -> bytes:
    """Return the order as the predecessor sent it; `vendor_skus` is by our SKU."""
    return msgspec.json.encode(
        {
            "cart": [
                {
                    "productId": str(line.product_id),
                    "quantity": line.quantity,
                    "price": float(line.unit_price.amount),
                    "name": line.name,
                    "sku": line.sku,
                    "vendorSku": vendor_skus.get(line.sku, line.sku),
                }
                for line in event.lines
            ],
            "poNumber": event.po_number or None,
            "orderNumber": event.number,
            "companyId": str(event.stamp.company_id),
        }
    )


def signed_headers(
    delivery_id: DeliveryId, at: datetime, body: bytes, secrets: tuple[str, ...]
) -> dict[str, str]:
    """Return the headers with which a receiver can tell that the body is ours.

    The signature covers id, time and the exact bytes, once for each live secret.
    """
    seconds = str(int(at.timestamp()))
    signed = f"{delivery_id}.{seconds}.".encode() + body
    return {
        "content-type": "application/json",
        "webhook-id": str(delivery_id),
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _plain(value: object) -> Any:
    """Return the value in the words of our API: amounts as text, times in UTC."""
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, msgspec.Struct):
        return {f: _plain(getattr(value, f)) for f in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return _moment(value) if isinstance(value, datetime) else value


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
