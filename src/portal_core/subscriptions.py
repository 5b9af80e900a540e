"""Who hears of what: the whole map, on one page."""

from collections.abc import Mapping
from enum import StrEnum

from portal_core.automation.events import (
    DeliveryRetried,
    EndpointCreated,
    EndpointDisabled,
    EndpointEnabled,
    EndpointRemoved,
    EndpointSecretRotated,
    EndpointTested,
    EndpointUpdated,
)
from portal_core.commerce.events import (
    FeedImported,
    OrderCancelled,
    OrderPlaced,
    OrderShipped,
    OrderUpdated,
    PriceListChanged,
    PriceListCreated,
    ProductArchived,
    ProductCreated,
    ProductRestored,
    ProductUpdated,
    StockChanged,
)
from portal_core.companies.events import (
    CompanyCreated,
    CompanyUpdated,
    MembershipGranted,
    MembershipRevoked,
    SettingsChanged,
)
from portal_core.events import Event
from portal_core.identity.events import (
    ApiKeyCreated,
    ApiKeyRevoked,
    SignInRefused,
    UserCreated,
    UserDisabled,
    UserEnabled,
    UserSignedIn,
    UserSignedOut,
    UserUpdated,
)


class Subscriber(StrEnum):
    """A reaction to an event. The value is stored with deliveries; never reuse one.

    WEBHOOKS stands for every endpoint that wants the event: each gets its own delivery.
    """

    WEBHOOKS = "webhooks"
    DISCORD = "discord"
    MAIL_BUYER = "mail-buyer"
    MAIL_MSP = "mail-msp"


_ALL = (
    Subscriber.WEBHOOKS,
    Subscriber.DISCORD,
    Subscriber.MAIL_BUYER,
    Subscriber.MAIL_MSP,
)
_HOOKS = (Subscriber.WEBHOOKS,)

SUBSCRIPTIONS: Mapping[type[Event], tuple[Subscriber, ...]] = {
    OrderPlaced: _ALL,
    OrderCancelled: _ALL,
    OrderShipped: _ALL,
    OrderUpdated: _HOOKS,
    StockChanged: (Subscriber.WEBHOOKS, Subscriber.DISCORD, Subscriber.MAIL_MSP),
    ProductCreated: _HOOKS,
    ProductUpdated: _HOOKS,
    ProductArchived: _HOOKS,
    ProductRestored: _HOOKS,
    PriceListCreated: _HOOKS,
    PriceListChanged: _HOOKS,
    FeedImported: _HOOKS,
    CompanyCreated: _HOOKS,
    CompanyUpdated: _HOOKS,
    MembershipGranted: _HOOKS,
    MembershipRevoked: _HOOKS,
    UserCreated: _HOOKS,
    UserUpdated: _HOOKS,
    UserDisabled: _HOOKS,
    UserEnabled: _HOOKS,
    UserSignedIn: _HOOKS,
    UserSignedOut: (),
    SignInRefused: (),
    ApiKeyCreated: _HOOKS,
    ApiKeyRevoked: _HOOKS,
    SettingsChanged: (),
    EndpointCreated: (),
    EndpointUpdated: (),
    EndpointSecretRotated: (),
    EndpointDisabled: (Subscriber.WEBHOOKS, Subscriber.DISCORD, Subscriber.MAIL_MSP),
    EndpointEnabled: (),
    EndpointRemoved: (),
    EndpointTested: _HOOKS,
    DeliveryRetried: (),
}
