"""Feeds that come compressed, told by their first bytes."""

import zlib
from collections.abc import AsyncIterator, Iterator

from portal_core.errors import Invalid

MOST_BYTES = 1_000_000_000
"""How large a feed may be when it is unpacked."""

_MAGIC = b"\x1f\x8b"
_PIECE = 262_144
_WITH_HEADER = 31


async def unpacked(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the bytes, unpacked if they are gzip's. Raises Invalid."""
    head = await _head(chunks)
    packed = _Packed() if head.startswith(_MAGIC) else None
    async for chunk in _joined(head, chunks):
        for piece in packed.open(chunk) if packed else (chunk,):
            yield piece
    if packed:
        packed.close()


async def _head(chunks: AsyncIterator[bytes]) -> bytes:
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= len(_MAGIC):
            break
    return head


async def _joined(head: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in chunks:
        yield chunk


class _Packed:
    """A gzip file that is being read."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_WITH_HEADER)
        self._size = 0

    def open(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what the chunk holds, a little at a time. Raises Invalid."""
        while chunk:
            try:
                piece = self._stream.decompress(chunk, _PIECE)
            except zlib.error as error:
                raise _refusal("it is not whole") from error
            self._size += len(piece)
            if self._size > MOST_BYTES:
                raise _refusal(f"it holds more than {MOST_BYTES // 1_000_000:,} MB")
            if piece:
                yield piece
            chunk = self._stream.unconsumed_tail or self._next()

    def close(self) -> None:
        """Make sure that the file is complete. Raises Invalid."""
        if not self._stream.eof:
            raise _refusal("it ends too early")

    def _next(self) -> bytes:
        """Return what follows the end of a file: another one, or padding to ignore."""
        rest = self._stream.unused_data
        if not rest.startswith(_MAGIC):
            return b""
        self._stream = zlib.decompressobj(_WITH_HEADER)
        return rest


def _refusal(reason: str) -> Invalid:
    message = f"This compressed feed can't be unpacked: {reason}. Nothing was changed."
    return Invalid(message, field="file", code="malformed")
