"""Naming a company in a form: by its short name, with suggestions."""

from portal_core.companies.companies import CompanyService
from portal_core.companies.model import Company
from portal_core.errors import Invalid, NotFound
from portal_core.identity.actor import Actor
from portal_core.paging import Window

MOST_SUGGESTIONS = 200


async def company_named(
    actor: Actor, companies: CompanyService, slug: str
) -> Company | None:
    """Return the company that somebody named, or None for a blank. Raises Invalid."""
    if not slug.strip():
        return None
    try:
        return await companies.get_by_slug(actor, slug.strip().lower())
    except NotFound as error:
        message = "There is no company with this short name. Choose one of the list."
        raise Invalid(message, field="company", code="unknown") from error


async def suggestions(
    actor: Actor, companies: CompanyService
) -> tuple[tuple[str, str], ...]:
    """Return the first companies with their short names, as choices."""
    page = await companies.page(actor, "", Window(MOST_SUGGESTIONS))
    return tuple((one.slug, one.name) for one in page.items)


def no_company() -> Invalid:
    """Return what to say where a company has to be chosen."""
    return Invalid("Choose one of the list.", field="company", code="required")
