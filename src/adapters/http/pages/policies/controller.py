"""The rooms in which the MSP says what signing in takes: for a company, and for itself."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from adapters.http.calls import AnyRequest, visitor
from adapters.http.forms import Filled, Form
from adapters.http.pages.policies.views import PolicyForm, PolicyView, choices, form_of
from adapters.http.screen import Screen
from adapters.http.shell import Crumb
from portal_core.companies.companies import CompanyService
from portal_core.companies.model import Company
from portal_core.companies.sign_in_policies import PolicyService
from portal_core.errors import Conflict, Invalid
from portal_core.identity.actor import Actor

COMPANIES = "/admin/companies"
SETTINGS = "/admin/settings"
HERE = "sign-in"


class PolicyPages(Controller):
    """What signing in takes."""

    @get(f"{COMPANIES}/{{slug:str}}/{HERE}")
    async def of_company(
        self,
        slug: FromPath[str],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        policies: NamedDependency[PolicyService],
    ) -> Template:
        """Show what a company asks."""
        company = await companies.get_by_slug(actor, slug)
        filled = Filled.of(form_of(company.sign_in, company.version))
        return await _of_company(screen, actor, company, policies, filled)

    @post(f"{COMPANIES}/{{slug:str}}/{HERE}")
    async def save_of_company(
        self,
        slug: FromPath[str],
        data: Form[PolicyForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        companies: NamedDependency[CompanyService],
        policies: NamedDependency[PolicyService],
    ) -> Template | Redirect:
        """Change what a company asks."""
        company = await companies.get_by_slug(actor, slug)
        try:
            form = data.fields
            await policies.change_of_company(
                actor, company.id, form.policy(), version=form.version
            )
        except (Invalid, Conflict) as refusal:
            filled = data.refused(refusal)
            return await _of_company(screen, actor, company, policies, filled)
        return screen.go(f"{COMPANIES}/{slug}/{HERE}", "policy-saved")

    @get(f"{SETTINGS}/{HERE}")
    async def of_msp(
        self,
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        policies: NamedDependency[PolicyService],
    ) -> Template:
        """Show what the MSP asks of its own people."""
        filled = Filled.of(form_of(await policies.of_msp(actor), 1))
        return await _of_msp(screen, actor, policies, filled)

    @post(f"{SETTINGS}/{HERE}")
    async def save_of_msp(
        self,
        request: AnyRequest,
        data: Form[PolicyForm],
        actor: NamedDependency[Actor],
        screen: NamedDependency[Screen],
        policies: NamedDependency[PolicyService],
    ) -> Template | Redirect:
        """Change what the MSP asks of its own people."""
        try:
            policy = data.fields.policy()
            await policies.change_of_msp(actor, visitor(request), policy)
        except (Invalid, Conflict) as refusal:
            return await _of_msp(screen, actor, policies, data.refused(refusal))
        return screen.go(f"{SETTINGS}/{HERE}", "policy-saved")


async def _of_company(
    screen: Screen,
    actor: Actor,
    company: Company,
    policies: PolicyService,
    filled: Filled[PolicyForm],
) -> Template:
    providers = await policies.providers_for(actor, company.id)
    desk = f"{COMPANIES}/{company.slug}"
    view = PolicyView(
        filled=filled,
        title=f"Sign-in for {company.name}",
        lead="Who comes into the company’s rooms has signed in by at least this.",
        action=f"{desk}/{HERE}",
        back=desk,
        ways=choices(filled),
        providers=tuple(
            (str(one.id), one.name, str(one.id) in filled.values("providers"))
            for one in providers
        ),
    )
    crumbs = (
        Crumb("Companies", COMPANIES),
        Crumb(company.name, desk),
        Crumb("Sign-in"),
    )
    return await screen.show(
        "pages/policies/policy.html", view, crumbs=crumbs, status=filled.status
    )


async def _of_msp(
    screen: Screen, actor: Actor, policies: PolicyService, filled: Filled[PolicyForm]
) -> Template:
    providers = await policies.providers_for(actor, None)
    view = PolicyView(
        filled=filled,
        title="Sign-in for the MSP’s people",
        lead="Who comes into the MSP’s rooms, or as one of its people into a company’s.",
        action=f"{SETTINGS}/{HERE}",
        back=SETTINGS,
        ways=choices(filled),
        providers=tuple(
            (str(one.id), one.name, str(one.id) in filled.values("providers"))
            for one in providers
        ),
    )
    crumbs = (Crumb("Settings", SETTINGS), Crumb("Sign-in"))
    return await screen.show(
        "pages/policies/policy.html", view, crumbs=crumbs, status=filled.status
    )
