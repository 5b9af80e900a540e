from datetime import timedelta

import pytest

from portal_core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PortalError,
    Problem,
    Throttled,
    Unavailable,
    check_all,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (NotFound, "not_found"),
        (Forbidden, "forbidden"),
        (Conflict, "conflict"),
        (Unavailable, "unavailable"),
        (Invalid, "invalid"),
    ],
)
def test_a_refusal_has_a_code_for_programs(kind, code):
    assert kind("No.").code == code
    assert kind("No.", code="special").code == "special"


def test_a_refusal_has_a_sentence_for_people():
    assert str(NotFound("There is no such page.")) == "There is no such page."


def test_invalid_input_always_names_a_problem():
    assert Invalid("Enter a name.", field="name").problems == (
        Problem("name", "Enter a name.", "invalid"),
    )


def test_one_problem_is_the_whole_message():
    error = Invalid.of([Problem("name", "Enter a name.", "required")])
    assert (error.message, error.code) == ("Enter a name.", "required")


def test_several_problems_are_counted_and_kept():
    problems = [Problem("name", "Enter a name."), Problem("slug", "Use letters.")]
    error = Invalid.of(problems)
    assert error.message == "2 things need your attention."
    assert error.problems == tuple(problems)


def test_who_is_throttled_hears_how_long():
    error = Throttled("Too many tries.", wait=timedelta(seconds=8))
    assert (error.wait, error.code) == (timedelta(seconds=8), "throttled")
    assert isinstance(error, PortalError)


def test_all_that_is_wrong_is_told_at_once():
    def refuse(field):
        raise Invalid("No.", field=field)

    with pytest.raises(Invalid) as refusal:
        check_all(lambda: refuse("name"), lambda: None, lambda: refuse("email"))
    assert [problem.field for problem in refusal.value.problems] == ["name", "email"]
    check_all(lambda: None)
