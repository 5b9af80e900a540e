"""Every part of the look once, in all its states. Only in development."""

from datetime import UTC, datetime, timedelta

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template
from msgspec.structs import replace

from adapters.http.addresses import Address
from adapters.http.pages.gallery.views import (
    LINES,
    ORDERS,
    PROBLEMS,
    PRODUCTS,
    TOTALS,
    TREE,
)
from adapters.http.shell import CompanyLink, Crumb, SearchBox, Shell, client_sections
from portal_core.identity.permissions import Permission

_COMPANIES = (
    CompanyLink("larkspur", "Larkspur Dental"),
    CompanyLink("north", "North & Pike"),
)
_NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


class Gallery(Controller):
    """The gallery. It shows made-up things and changes nothing."""

    path = "/gallery"

    @get()
    async def show(self, shell: NamedDependency[Shell]) -> Template:
        """Show every macro."""
        context = {
            "shell": _furnished(shell),
            "address": Address("/gallery", (("status", "placed"), ("sort", "-placed_at"))),
            "moments": [_NOON - timedelta(hours=hours) for hours in (0, 5, 30)],
            "lines": LINES,
            "orders": ORDERS,
            "problems": PROBLEMS,
            "products": PRODUCTS,
            "totals": TOTALS,
            "tree": TREE,
        }
        return Template("pages/gallery/gallery.html", context=context)


def _furnished(shell: Shell) -> Shell:
    """Return the shell as a buyer of a made-up company would see it."""
    company = _COMPANIES[0]
    return replace(
        shell,
        user_name=shell.user_name or "Priya Nair",
        user_email=shell.user_email or "priya@larkspur.example",
        company=company,
        companies=_COMPANIES,
        more_companies=True,
        sections=client_sections(
            company.slug, may=frozenset(Permission), path="/gallery", cart_count=3
        ),
        breadcrumbs=(Crumb("Development", "/"), Crumb("Gallery")),
        search=SearchBox("/gallery", "Search products"),
        cart_count=3,
    )
