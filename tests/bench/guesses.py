"""Whether the time of an answer tells who has an account."""

import random
import socket
import statistics
import time

from adapters.http.house import BEFORE_SIGN_IN

RESAMPLES = 1_000


def time_guesses(bench, tries):
    """Return, in ms, how long wrong passwords took: for known and for unknown addresses.

    They come one after the other, turn about, each from a network of its own, so that
    nobody has to wait.
    """
    times = {"known": [], "unknown": []}
    with socket.create_connection(("127.0.0.1", bench.port)) as line:
        stream = line.makefile("rb")
        for number in range(2 * tries):
            kind = "known" if number % 2 else "unknown"
            raw = _guess(bench, kind, number)
            began = time.perf_counter()
            line.sendall(raw)
            status = _read(stream)
            times[kind].append(1_000 * (time.perf_counter() - began))
            if status != 422:
                raise SystemExit(f"a guess at an {kind} address: {status}")
    return times["known"], times["unknown"]


def compare(known, unknown):
    """Return the medians, and the span in which their difference lies: 95 %, bootstrap."""
    chance = random.Random(1)
    differences = sorted(
        statistics.median(chance.choices(known, k=len(known)))
        - statistics.median(chance.choices(unknown, k=len(unknown)))
        for _ in range(RESAMPLES)
    )
    least, most = differences[RESAMPLES // 40], differences[-RESAMPLES // 40 - 1]
    return statistics.median(known), statistics.median(unknown), least, most


def _guess(bench, kind, number):
    one = bench.visitors[number % len(bench.visitors)]
    secret = f"guess-{number}"
    form = {
        "csrf_token": bench.house.form_token(secret),
        "email": one.email if kind == "known" else f"nobody-{one.email}",
        "password": "this is not the password",
    }
    address = f"100.{64 + number // 250}.{number % 250}.1"
    headers = {"cookie": f"{BEFORE_SIGN_IN}={secret}", "x-forwarded-for": address}
    return bench.http("POST", "/login", one, headers, form)


def _read(stream):
    """Read an answer of known length; return its status."""
    status = int(stream.readline().split()[1])
    length = 0
    while (line := stream.readline().strip().lower()) != b"":
        name, _, value = line.partition(b":")
        if name == b"content-length":
            length = int(value)
    stream.read(length)
    return status
