"""A provider that believes what people say of themselves: good for tests alone."""

from collections.abc import Mapping

from portal_core.errors import Invalid
from portal_core.identity.provider_ports import Departure
from portal_core.identity.providers import Claim, Provider, ProviderDetails


class MemoryFederation:
    """Takes as a code what `code_for` makes of a subject and the secrets of a departure."""

    def __init__(self) -> None:
        self.secrets = ""

    async def check(self, details: ProviderDetails) -> ProviderDetails:
        if "nobody" in details.address:
            message = "No provider answers there."
            raise Invalid(message, field="address", code="address")
        return details

    async def depart(
        self, provider: Provider, state: str, *, again: bool = False
    ) -> Departure:
        self.secrets = f"{provider.id}:{state}:{again}"
        return Departure(f"https://id.example/{provider.id}?state={state}", self.secrets)

    async def arrive(
        self, provider: Provider, secrets: str, answer: Mapping[str, str]
    ) -> Claim:
        subject, _, asked = answer.get("code", "").partition("@")
        if not subject or asked != secrets or not secrets.startswith(str(provider.id)):
            raise Invalid("The answer is not right.", code="refused")
        return Claim(subject=subject, email=f"{subject}@example.com", name=subject.title())

    def code_for(self, subject: str) -> str:
        """Return the code that the last departure comes back with."""
        return f"{subject}@{self.secrets}"
