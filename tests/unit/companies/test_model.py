import pytest

from portal_core.companies.model import CompanyDetails, slug_of
from portal_core.errors import Invalid

HARBOUR = {"name": "Harbour", "slug": "harbour", "currency": "AUD", "time_zone": "UTC"}


def test_details_are_tidied():
    details = CompanyDetails(
        name="  Harbour   Ltd ", slug=" Harbour-2 ", currency=" aud", time_zone=" UTC "
    )
    assert details.checked() == CompanyDetails(
        name="Harbour Ltd", slug="harbour-2", currency="AUD", time_zone="UTC"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 121),
        ("slug", ""),
        ("slug", "two words"),
        ("slug", "-harbour"),
        ("slug", "har--bour"),
        ("slug", "hafen-ü"),
        ("slug", "x" * 41),
        ("slug", "new"),
        ("currency", "dollars"),
        ("currency", "A1D"),
        ("time_zone", " "),
        ("time_zone", "Atlantis/Poseidon"),
        ("time_zone", "../etc/passwd"),
    ],
)
def test_a_broken_field_is_named(field, value):
    with pytest.raises(Invalid) as refusal:
        CompanyDetails(**(HARBOUR | {field: value})).checked()
    assert [problem.field for problem in refusal.value.problems] == [field]


def test_every_broken_field_is_named():
    with pytest.raises(Invalid) as refusal:
        CompanyDetails(name="", slug="", currency="", time_zone="").checked()
    assert len(refusal.value.problems) == 4


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Harbour & Sons Pty. Ltd.", "harbour-sons-pty-ltd"),
        ("  ", ""),
        ("a" * 39 + " b", "a" * 39),
    ],
)
def test_a_slug_is_made_of_the_name(name, slug):
    assert slug_of(name) == slug
