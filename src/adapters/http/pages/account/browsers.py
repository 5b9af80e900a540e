"""What a browser is called, from what it says of itself."""

from functools import lru_cache

from ua_parser import parse


@lru_cache(maxsize=512)
def browser_name(said: str) -> str:
    """Return a name such as `Firefox on Windows`."""
    found = parse(said)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    named = " on ".join(part for part in (browser, system) if part)
    return named or "Unknown browser"
