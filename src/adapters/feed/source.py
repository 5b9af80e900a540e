"""Where a feed lies: in a file, or at an address that is fetched into a file first."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Protocol

from portal_core.commerce.feed_ports import OpenFeed
from portal_core.errors import Invalid, NotFound, Unavailable

MOST_BYTES = 500_000_000
"""How large a feed may be as it lies there."""

_PIECE = 65_536


class Downloads(Protocol):
    """Fetches from strangers: from checked addresses only."""

    def fetch(self, url: str) -> AsyncIterator[bytes]:
        """Yield what lies there. Raises Forbidden, and Unavailable if it does not come."""


class Feeds:
    """Feeds in files and on the web. Downloads pass through the data folder."""

    def __init__(self, *, downloads: Downloads, folder: Path) -> None:
        self._downloads = downloads
        self._folder = folder

    @asynccontextmanager
    async def open(self, address: str) -> AsyncIterator[OpenFeed]:
        if address.lower().startswith(("http://", "https://")):
            with _scratch(self._folder) as file:
                async for chunk in self._downloads.fetch(address):
                    file.write(chunk)
                    _refuse_large(file.tell())
                yield _feed(file)
        else:
            with _opened(Path(address)) as file:
                yield _feed(file)


def _scratch(folder: Path) -> IO[bytes]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        raise Unavailable(f"Can't write to {folder}: {error.strerror}.") from error


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        raise Unavailable(f"Can't read {path}: {error}.") from error


def _feed(file: IO[bytes]) -> OpenFeed:
    """Return the feed in the file, from its start."""
    size = file.seek(0, os.SEEK_END)
    _refuse_large(size)
    file.seek(0)
    return OpenFeed(_chunks(file), size)


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := file.read(_PIECE):
        yield chunk


def _refuse_large(size: int) -> None:
    if size > MOST_BYTES:
        message = f"A feed may have at most {MOST_BYTES // 1_000_000} MB."
        raise Invalid(message, field="file", code="too_large")
