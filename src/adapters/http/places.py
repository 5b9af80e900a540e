"""Where a redirect may lead: to pages of ours, and nowhere else."""

import re

START = "/"
_LONGEST = 2_000
# A second slash or a backslash would start the name of another host; control characters
# are dropped by browsers and could hide one.
_LOCAL = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


def local_path(text: str, otherwise: str = START) -> str:
    """Return the text if it is a path on this host, else the other place."""
    return text if len(text) <= _LONGEST and _LOCAL.fullmatch(text) else otherwise
