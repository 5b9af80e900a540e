"""Asking many things at once over plain sockets, and timing the answers.

Run as `python -m tests.bench.load` in a process of its own; it reads a plan from standard
input and prints what it measured, as JSON.
"""

import asyncio
import sys
import time

import msgspec
from msgspec import Struct


class Request(Struct, frozen=True):
    """The bytes of a request, and of another one before it that is not timed."""

    raw: bytes
    before: bytes = b""


class Plan(Struct, frozen=True, kw_only=True):
    """What to ask: each connection goes through its own requests, round and round."""

    port: int
    seconds: float
    warm_up: float
    requests: list[list[Request]]
    expected: list[int]


class Measured(Struct, frozen=True, kw_only=True):
    """What came of it. Times are in seconds, sorted."""

    seconds: float
    times: list[float]
    wrong: list[int]
    bytes: int

    @property
    def rate(self):
        """Requests per second, those before left out."""
        return len(self.times) / self.seconds

    def at(self, share):
        """Return the time below which this share of the answers came, in milliseconds."""
        return 1_000 * self.times[min(len(self.times) - 1, int(len(self.times) * share))]


async def answer(reader):
    """Read an answer; return its status and the length of its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    start = lower.find(b"content-length:")
    if start >= 0:
        length = int(lower[start + 15 : lower.index(b"\r", start)])
        await reader.readexactly(length)
        return status, length
    length = 0
    while b"transfer-encoding: chunked" in lower:
        size = int(await reader.readline(), 16)
        await reader.readexactly(size + 2)
        length += size
        if not size:
            break
    return status, length


async def connection(plan, requests, times, wrong, sizes):
    reader, writer = await asyncio.open_connection("127.0.0.1", plan.port)
    began = time.perf_counter()
    count = 0
    while (now := time.perf_counter()) - began < plan.warm_up + plan.seconds:
        request = requests[count % len(requests)]
        count += 1
        if request.before:
            writer.write(request.before)
            await answer(reader)
        sent = time.perf_counter()
        writer.write(request.raw)
        status, size = await answer(reader)
        if status not in plan.expected:
            wrong.append(status)
        elif now - began >= plan.warm_up:
            times.append(time.perf_counter() - sent)
            sizes.append(size)
    writer.close()


async def run(plan):
    times, wrong, sizes = [], [], []
    await asyncio.gather(
        *(connection(plan, requests, times, wrong, sizes) for requests in plan.requests)
    )
    return Measured(
        seconds=plan.seconds,
        times=sorted(times),
        wrong=wrong[:5],
        bytes=sizes[-1] if sizes else 0,
    )


if __name__ == "__main__":
    plan = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Plan)
    sys.stdout.buffer.write(msgspec.msgpack.encode(asyncio.run(run(plan))))
