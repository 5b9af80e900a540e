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
    CompanyArchived,
    CompanyCreated,
    CompanyDeleted,
    CompanyRestored,
    CompanyUpdated,
    MembershipGranted,
    MembershipRefused,
    MembershipRevoked,
    MspRoleChanged,
    RoleCreated,
    RoleRemoved,
    RoleUpdated,
    SettingsChanged,
    TechnicianGranted,
    TechnicianRevoked,
    VariableRemoved,
    VariableSet,
)
from portal_core.events import Event
from portal_core.identity.events import (
    AccountLinked,
    AccountUnlinked,
    ApiKeyCreated,
    ApiKeyRefused,
    ApiKeyRevoked,
    BrowserAdded,
    BrowserForgotten,
    FactorAdded,
    FactorRemoved,
    FactorsReset,
    InvitationAccepted,
    InvitationRevoked,
    PasswordChanged,
    PasswordResetAsked,
    ProviderAdded,
    ProviderRemoved,
    ProviderUpdated,
    RecoveryCodesRenewed,
    SecondFactorRefused,
    SessionEnded,
    SessionProved,
    SessionsEnded,
    SignInRefused,
    UserCreated,
    UserDisabled,
    UserEnabled,
    UserInvited,
    UserLocked,
    UserSignedIn,
    UserSignedOut,
    UserUpdated,
    VouchingRefused,
)


class Subscriber(StrEnum):
    """A reaction to an event. The value is stored with deliveries; never reuse one.

    WEBHOOKS stands for every endpoint that wants the event: each gets its own delivery.
    """

    WEBHOOKS = "webhooks"
    DISCORD = "discord"
    MAIL_BUYER = "mail-buyer"
    MAIL_MSP = "mail-msp"
    MAIL_PERSON = "mail-person"


_ALL = (
    Subscriber.WEBHOOKS,
    Subscriber.DISCORD,
    Subscriber.MAIL_BUYER,
    Subscriber.MAIL_MSP,
)
_HOOKS = (Subscriber.WEBHOOKS,)
_PERSON = (Subscriber.WEBHOOKS, Subscriber.MAIL_PERSON)

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
    CompanyArchived: _HOOKS,
    CompanyRestored: _HOOKS,
    CompanyDeleted: _HOOKS,
    VariableSet: _HOOKS,
    VariableRemoved: _HOOKS,
    MembershipGranted: _HOOKS,
    MembershipRefused: _HOOKS,
    RoleCreated: _HOOKS,
    RoleUpdated: _HOOKS,
    RoleRemoved: _HOOKS,
    MspRoleChanged: _HOOKS,
    TechnicianGranted: _HOOKS,
    TechnicianRevoked: _HOOKS,
    MembershipRevoked: _HOOKS,
    UserCreated: _HOOKS,
    UserUpdated: _HOOKS,
    UserDisabled: _HOOKS,
    UserEnabled: _HOOKS,
    UserSignedIn: _HOOKS,
    UserSignedOut: _HOOKS,
    SignInRefused: (),
    UserLocked: _PERSON,
    SecondFactorRefused: (),
    BrowserAdded: _PERSON,
    FactorAdded: _PERSON,
    FactorRemoved: _PERSON,
    FactorsReset: _PERSON,
    RecoveryCodesRenewed: (Subscriber.MAIL_PERSON,),
    PasswordChanged: _PERSON,
    PasswordResetAsked: (Subscriber.MAIL_PERSON,),
    UserInvited: _PERSON,
    InvitationRevoked: _HOOKS,
    InvitationAccepted: _HOOKS,
    SessionProved: (),
    SessionEnded: _HOOKS,
    SessionsEnded: _HOOKS,
    BrowserForgotten: (),
    AccountLinked: _PERSON,
    AccountUnlinked: _PERSON,
    VouchingRefused: (),
    ProviderAdded: _HOOKS,
    ProviderUpdated: _HOOKS,
    ProviderRemoved: _HOOKS,
    ApiKeyCreated: _HOOKS,
    ApiKeyRefused: _HOOKS,
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
