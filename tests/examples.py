"""Things to store and to sell, for tests: name what matters, the rest is usual."""

from datetime import timedelta

from msgspec.structs import replace

from portal_core.automation.model import Endpoint, EndpointDetails
from portal_core.commerce.cart import CartLine
from portal_core.commerce.events import ProductArchived
from portal_core.commerce.model import (
    MAIN_WAREHOUSE,
    Category,
    Offer,
    PriceList,
    Product,
    ProductDetails,
    StockMove,
)
from portal_core.commerce.order import Wish, lines_for, order_number, place
from portal_core.companies.model import Company, CompanyDetails, Membership, slug_of
from portal_core.companies.standing import CustomRole, Grant
from portal_core.identity.api_keys import LOOKUP_LENGTH, new_key_text
from portal_core.identity.browsers import Browser
from portal_core.identity.factors import Authenticator, Method
from portal_core.identity.model import ApiKey, Session, User
from portal_core.identity.permissions import Permission, Role
from portal_core.ids import KeyId, RoleId, SessionId, new_id
from portal_core.money import Money
from tests.people import MSP, NOON

PASSWORD = "a short sentence is fine"


def aud(minor):
    """Return so many cents."""
    return Money(minor, "AUD")


PRICE = aud(2_500)


def a_user(name="Bea Buyer", *, email="", msp_role=None, at=NOON):
    email = email or f"{name.lower().replace(' ', '.')}@example.com"
    return User.create(email=email, name=name, msp_role=msp_role, at=at)


def a_session(user, *, token_hash=b"token", at=NOON, ends_at=None, idle_minutes=480):
    return Session(
        id=SessionId(new_id()),
        token_hash=token_hash,
        user_id=user.id,
        methods=(Method.PASSWORD,),
        second_factor=False,
        proved_at=at,
        created_at=at,
        seen_at=at,
        ends_at=ends_at or at,
        idle_minutes=idle_minutes,
        network="192.0.2.0/24",
        browser="a browser",
    )


def a_browser(user, *, token_hash=b"browser", at=NOON, trusted_until=None):
    browser = Browser.create(
        user.id, token_hash=token_hash, name="a browser", network="192.0.2.0/24", at=at
    )
    return replace(browser, trusted_until=trusted_until)


SECRET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def an_authenticator(user, name="My phone", *, secret=SECRET, last_step=0, at=NOON):
    return Authenticator.create(user.id, name=name, secret=secret, step=last_step, at=at)


def a_key(
    name="Warehouse", *, scopes=("orders:read",), company_id=None, at=NOON, **changes
):
    values = {
        "id": KeyId(new_id()),
        "name": name,
        "lookup": new_key_text()[:LOOKUP_LENGTH],
        "digest": b"digest",
        "scopes": scopes,
        "company_id": company_id,
        "created_at": at,
        "expires_at": None,
    }
    return ApiKey(**(values | changes))


def a_company(name="Harbour", *, slug="", price_list_id=None, at=NOON):
    details = CompanyDetails(
        name=name,
        slug=slug or slug_of(name),
        currency="AUD",
        time_zone="Australia/Sydney",
        price_list_id=price_list_id,
    )
    return Company.create(details, at=at)


def a_membership(company, user, role=Role.BUYER, *, at=NOON):
    return Membership(user_id=user.id, company_id=company.id, role=role, since=at)


def a_role(name="Reception", company=None, *permissions, at=NOON):
    """Return a custom role: a company's, or without one the MSP's."""
    return CustomRole(
        id=RoleId(new_id()),
        company_id=company.id if company else None,
        name=name,
        permissions=permissions or (Permission.SEE_COMPANY,),
        created_at=at,
    )


def a_grant(company, user, *, at=NOON, days=7):
    return Grant(
        user_id=user.id,
        company_id=company.id,
        reason="Ticket 4711",
        granted_by="Mia Provider",
        since=at,
        ends_at=at + timedelta(days=days),
    )


def a_category(name="Mice", parent=None):
    return Category.create(name, parent)


def a_price_list(name="VIP", currency="AUD"):
    return PriceList.create(name, currency)


def details(sku="MOUSE-1", name="Mouse", *, price=PRICE, **others):
    return ProductDetails(sku=sku, name=name, price=price, **others)


def a_product(sku="MOUSE-1", name="Mouse", *, price=PRICE, at=NOON, **others):
    return Product.create(details(sku, name, price=price, **others), at=at)


def an_offer(product, *, price=None, on_hand=10, reserved=0):
    return Offer(
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        price=price or product.price,
        cost=product.cost,
        on_hand=on_hand,
        reserved=reserved,
        low_stock=product.low_stock,
    )


def a_cart_line(product, quantity=1, *, at=NOON):
    return CartLine(
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        quantity=quantity,
        shown_price=product.price,
        added_at=at,
    )


def an_order(company, product, *, sequence=1, quantity=1, by=None, po_number="", at=NOON):
    wishes = [Wish(product.sku, quantity)]
    offers = {product.sku: an_offer(product, on_hand=quantity)}
    return place(
        lines_for(wishes, offers, tax_rate_bp=1_000),
        number=order_number(sequence),
        company_id=company.id,
        by=by.id if by else None,
        by_name=by.name if by else "A key",
        po_number=po_number,
        at=at,
    )


def an_endpoint(url="https://example.com/hook", *, at=NOON, **others):
    return Endpoint.create(EndpointDetails(url=url, **others).checked(), at=at)


def an_arrival(product, units, *, warehouse=MAIN_WAREHOUSE):
    """Return the move that puts units on hand."""
    return StockMove(
        product_id=product.id, on_hand=units, warehouse=warehouse, reason="counted"
    )


def a_reservation(product, units):
    return StockMove(product_id=product.id, reserved=units, reason="ordered")


def a_fact(product, *, at=NOON, actor=MSP):
    """Return an event that only webhooks hear of."""
    return ProductArchived(
        stamp=actor.stamp(at), product_id=product.id, sku=product.sku, name=product.name
    )
