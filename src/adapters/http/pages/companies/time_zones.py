"""The time zones that a person may choose from."""

from functools import cache
from zoneinfo import available_timezones

_FORMER = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@cache
def time_zones() -> tuple[tuple[str, str], ...]:
    """Return the zones that are named after places, and UTC, with words for each."""
    names = sorted(
        name
        for name in available_timezones()
        if name == "UTC" or ("/" in name and not name.startswith(_FORMER))
    )
    return tuple((name, name.replace("_", " ")) for name in names)
