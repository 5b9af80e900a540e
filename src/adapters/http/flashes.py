"""What the last action did, told once on the next page. Only these texts are ever told."""

from collections.abc import Mapping

from litestar.datastructures import Cookie

from adapters.http.calls import AnyRequest
from adapters.http.house import FLASH, House
from adapters.http.shell import Flash

FLASHES: Mapping[str, Flash] = {
    "signed-out": Flash("info", "You have signed out."),
    "signed-out-meanwhile": Flash(
        "warning", "Your session had ended, so nothing was saved. Sign in and try again."
    ),
    "sign-in-over": Flash(
        "warning", "That took too long, or too many tries. Sign in again."
    ),
    "enrolled": Flash("success", "Your authenticator is set up. Make recovery codes now."),
    "password-changed": Flash(
        "success", "Your password is changed; you are signed out everywhere else."
    ),
    "password-reset": Flash("success", "Your password is set. Sign in with it."),
    "welcome": Flash("success", "Welcome. Your account is ready."),
    "proved": Flash("success", "Thank you. Go on with what you were doing."),
    "account-unlinked": Flash(
        "info",
        "This account is not linked to one here yet. Sign in as you otherwise do, once, "
        "and link it.",
    ),
    "account-linked": Flash("success", "It is linked. Sign in by it from now on."),
    "account-removed": Flash("success", "It is unlinked; nobody can sign in by it."),
    "provider-refused": Flash(
        "warning", "The provider did not confirm that it is you. Nothing was changed."
    ),
    "right-changed": Flash("success", "It works from their next request on."),
    "ceiling-saved": Flash("success", "It is kept from them from now on."),
    "role-created": Flash("success", "The role is there. Give it to somebody now."),
    "role-saved": Flash("success", "The role is saved, for all who have it."),
    "role-removed": Flash("success", "The role is gone."),
    "msp-role-changed": Flash("success", "It works from their next request on."),
    "technician-in": Flash("success", "They may help there from now on."),
    "technician-out": Flash("success", "They can’t enter any more."),
    "company-archived": Flash("success", "It is archived; nobody of it comes in any more."),
    "company-restored": Flash("success", "Its people can come in again."),
    "company-deleted": Flash("success", "The company is gone."),
    "room-not-here": Flash(
        "info", "You may not go there in this company, so here is its home."
    ),
    "variable-set": Flash("success", "The variable is set."),
    "variable-removed": Flash("success", "The variable is gone."),
    "policy-saved": Flash("success", "It is asked from now on."),
    "provider-added": Flash("success", "People can sign in by it from now on."),
    "provider-saved": Flash("success", "The provider is saved."),
    "provider-removed": Flash("success", "Nobody can sign in by it any more."),
    "factor-added": Flash("success", "The authenticator is added."),
    "passkey-added": Flash(
        "success", "The passkey is added. Use it the next time you sign in."
    ),
    "factor-removed": Flash("success", "It is removed; nobody can sign in with it."),
    "factors-reset": Flash(
        "success", "Their second factors are gone, and every session of theirs has ended."
    ),
    "session-ended": Flash("success", "The session has ended."),
    "sessions-ended": Flash("success", "All other sessions have ended."),
    "browser-forgotten": Flash("success", "The browser is not known any more."),
    "invitation-sent": Flash("success", "The invitation is on its way."),
    "invitation-revoked": Flash("success", "The invitation does not work any more."),
    "portal-ready": Flash("success", "Your portal is ready. Welcome."),
    "profile-saved": Flash("success", "Your profile is saved."),
    "cart-added": Flash("success", "Added to the cart."),
    "cart-updated": Flash("success", "The cart is updated."),
    "cart-refilled": Flash("success", "All of that order is in your cart again."),
    "cart-refilled-partly": Flash(
        "warning",
        "Not all of that order can be bought any more. What can be is in your cart.",
    ),
    "order-placed": Flash("success", "Thank you. The order is placed."),
    "order-cancelled": Flash(
        "success", "The order is cancelled; its units are on sale again."
    ),
    "company-created": Flash("success", "The company is added. Now add its people."),
    "company-saved": Flash("success", "The company is saved."),
    "member-added": Flash("success", "They belong to the company now."),
    "member-removed": Flash("success", "They no longer belong to the company."),
    "role-changed": Flash("success", "The role is changed."),
    "user-created": Flash("success", "The user is added."),
    "user-saved": Flash("success", "The user is saved."),
    "user-disabled": Flash("success", "They are signed out, and can’t sign in any more."),
    "user-enabled": Flash("success", "They can sign in again."),
    "password-set": Flash(
        "success", "The password is set, and every session of theirs has ended."
    ),
    "product-created": Flash("success", "The product is added."),
    "product-saved": Flash("success", "The product is saved."),
    "product-handed-back": Flash("success", "The next import writes these fields again."),
    "product-archived": Flash("success", "The product is off the shop."),
    "product-restored": Flash("success", "The product is back in the shop."),
    "stock-saved": Flash("success", "The stock is saved."),
    "visibility-saved": Flash("success", "It is saved who may see the product."),
    "category-created": Flash("success", "The category is added."),
    "category-renamed": Flash("success", "The category has its new name."),
    "category-removed": Flash("success", "The category is gone."),
    "price-list-created": Flash(
        "success", "The price list is added. Give it prices, then give it to companies."
    ),
    "price-saved": Flash("success", "The price is saved."),
    "price-removed": Flash("success", "The product costs the usual again."),
    "import-begun": Flash("info", "The feed is being read. Nothing has changed yet."),
    "import-applying": Flash("info", "The feed is being brought into the catalogue."),
    "import-discarded": Flash("success", "The import is discarded. Nothing was changed."),
    "key-revoked": Flash("success", "The key opens nothing any more."),
    "settings-saved": Flash("success", "The settings are saved."),
    "delivery-retried": Flash("success", "It is tried again now."),
    "deliveries-retried": Flash("success", "All that had failed is tried again now."),
    "endpoint-saved": Flash("success", "The endpoint is saved."),
    "endpoint-tested": Flash("success", "A test is on its way. See below how it goes."),
    "endpoint-disabled": Flash("success", "The endpoint is sent nothing any more."),
    "endpoint-enabled": Flash("success", "The endpoint hears of things again."),
    "endpoint-removed": Flash("success", "The endpoint is gone."),
    "order-saved": Flash("success", "The order is saved."),
}
"""Every text, by its code. A page that tells something new adds a row."""

_SECONDS = 60


def flash_cookie(house: House, code: str) -> Cookie:
    """Return the cookie that carries a flash to the next page. Raises KeyError."""
    if code not in FLASHES:
        raise KeyError(code)
    return house.cookie(FLASH, f"{code}.{house.sign('flash', code)}", seconds=_SECONDS)


def read_flash(request: AnyRequest, house: House) -> Flash | None:
    """Return the flash that the last answer left, if it did and nobody made it up."""
    code, _, signature = house.read_cookie(request, FLASH).partition(".")
    known = code in FLASHES and house.verify("flash", code, signature)
    return FLASHES[code] if known else None
