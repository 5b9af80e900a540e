"""Chores still travel after the queue's server went away and came back, empty."""

import asyncio
import shutil
import socket
import subprocess
import time

import pytest
import redis

from adapters.jobs.saq import SaqQueue, SaqReceiver
from portal_core.jobs import Chore

PATIENCE = 30


class Server:
    """A Redis of the test's own, which can be killed; it keeps nothing."""

    def __init__(self, program, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.command = [program, "--port", str(self.port), "--bind", "127.0.0.1"]
        self.command += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        with redis.Redis.from_url(self.url) as client:
            while time.monotonic() < until:
                try:
                    return client.ping()
                except redis.ConnectionError:
                    time.sleep(0.05)
        pytest.fail("Redis did not start.")

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("There is no redis-server on this machine.")
    server = Server(program, tmp_path)
    server.start()
    yield server
    server.kill()


async def test_chores_travel_again_when_redis_is_back(server):
    heard = asyncio.Event()

    async def hear(_):
        heard.set()

    async def ask_until_heard():
        heard.clear()
        while not heard.is_set():
            await queue.ask(Chore.RELAY)
            await asyncio.sleep(0.1)

    queue = SaqQueue(server.url)
    async with SaqReceiver(server.url, ask=hear).listening(), asyncio.timeout(PATIENCE):
        await ask_until_heard()
        server.kill()
        await queue.ask(Chore.RELAY)
        began = time.process_time()
        await asyncio.sleep(1)
        assert time.process_time() - began < 0.5  # nobody asks in vain without a pause
        server.start()
        await ask_until_heard()
    await queue.close()
