"""The picture that an authenticator app reads."""

import segno
from msgspec import Struct

from portal_core.identity.second_factors import NewSecret

_BORDER = 4


class Picture(Struct, frozen=True):
    """A QR code as the outline of its dark squares, and the secret for typing it.

    `size` is in squares, with the quiet border that readers need.
    """

    size: int
    outline: str
    secret: str
    spaced: str


def picture_of(new: NewSecret) -> Picture:
    """Return the picture of the secret's address."""
    code = segno.make(new.address, error="m", micro=False)
    rows = list(code.matrix_iter(border=_BORDER))
    runs = [
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    ]
    groups = [new.secret[i : i + 4] for i in range(0, len(new.secret), 4)]
    return Picture(len(rows), "".join(runs), new.secret, " ".join(groups))
