"""What can go wrong, in the words of the person who reads it.

PortalError
├── NotFound      there is no such thing, or it belongs to another company
├── Forbidden     the actor may not do this
├── ProofNeeded   the actor may, but has to show first that it is still them
├── Invalid       the input breaks a rule; every problem names its field and the cure
├── Conflict      the state of things does not allow it now
├── Throttled     too many tries; says how long to wait
└── Unavailable   something outside did not answer
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

from msgspec import Struct


class Problem(Struct, frozen=True):
    """One thing that is wrong with the input: the field, what to do, and a code.

    `field` is the dotted path of the value as the caller sent it (`lines.0.quantity`),
    or empty when the input as a whole is wrong. `href` is a page of ours that helps.
    """

    field: str
    message: str
    code: str = "invalid"
    href: str = ""


class PortalError(Exception):
    """Any refusal or failure that a person should read about.

    `code` is a stable slug for programs; `problems` name the fields, where there are any.
    """

    default_code = "error"

    def __init__(self, message: str, *problems: Problem, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems
        self.code = code or self.default_code


class NotFound(PortalError):
    """There is no such thing, as far as the actor may know."""

    default_code = "not_found"


class Forbidden(PortalError):
    """The actor may not do this."""

    default_code = "forbidden"


class ProofNeeded(PortalError):
    """The actor may do this, but has to show first that it is still them."""

    default_code = "proof_needed"


class Invalid(PortalError):
    """The input breaks a rule. There is always at least one problem."""

    default_code = "invalid"

    def __init__(
        self, message: str, *problems: Problem, field: str = "", code: str = "invalid"
    ) -> None:
        super().__init__(
            message, *(problems or (Problem(field, message, code),)), code=code
        )

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> "Invalid":
        """Return one refusal for all the problems found."""
        if len(problems) == 1:
            return cls(problems[0].message, *problems, code=problems[0].code)
        return cls(f"{len(problems)} things need your attention.", *problems)


def check_all(*checks: Callable[[], object]) -> None:
    """Do every check, and raise one Invalid with all the problems that they found."""
    problems: list[Problem] = []
    for check in checks:
        try:
            check()
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid.of(problems)


class Conflict(PortalError):
    """The state of things does not allow this now."""

    default_code = "conflict"


class Throttled(PortalError):
    """There were too many tries. `wait` is how long until the next one is allowed."""

    default_code = "throttled"

    def __init__(self, message: str, *, wait: timedelta) -> None:
        super().__init__(message)
        self.wait = wait


class Unavailable(PortalError):
    """Something outside the portal did not do its part; trying again may help."""

    default_code = "unavailable"
