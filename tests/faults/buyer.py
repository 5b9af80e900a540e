"""A buyer who does not give up, at the portal's pages."""

import asyncio
import random

import httpx

from tests.faults.town import COMPANY, PASSWORD, SKUS
from tests.pages import Outline

CART = f"/c/{COMPANY}/cart"
ORDER = f"{CART}/order"
PAUSE = 0.05
REPEATED = 20
AWAY = {429, 503}


class Buyer:
    """Orders again and again, and sends each form until it is answered.

    `placed` holds what was ordered, with the number that the portal gave, by the buyer's
    own reference. `interrupted` counts the checkouts that got no answer and were sent
    again. `news` is set whenever an order is confirmed.
    """

    def __init__(self, address, email, news):
        self._client = httpx.AsyncClient(base_url=address, timeout=30, trust_env=False)
        self._email = email
        self._news = news
        self._chance = random.Random(email)
        self._sent = {}
        self._finishes = False
        self.placed = {}
        self.interrupted = 0

    async def sign_in(self):
        """Open a session, as soon as there is somebody to open it."""
        page = await self._asked("GET", "/login")
        form = {"email": self._email, "password": PASSWORD}
        form["csrf_token"] = Outline(page.text).value("csrf_token")
        answer = await self._asked("POST", "/login", data=form)
        assert answer.status_code == 303, answer.text

    def finish(self):
        """Finish what is begun, and begin nothing more."""
        self._finishes = True

    async def leave(self):
        """Close the browser."""
        await self._client.aclose()

    async def buy(self):
        """Order until told to finish; then press the button of late orders once more."""
        while not self._finishes:
            await self._order(f"{self._email} {len(self.placed) + 1}")
            await asyncio.sleep(self._chance.uniform(0, PAUSE))
        for reference in list(self._sent)[-REPEATED:]:
            await self._repeat(reference)

    async def _order(self, reference):
        """Fill the cart and check out; now and then press the button once more."""
        wishes = {sku: self._chance.randint(0, 3) for sku in SKUS}
        wishes[self._chance.choice(SKUS)] = 1
        page = await self._cart()
        lines = {"csrf_token": page.value("csrf_token")}
        lines |= {"sku": list(wishes), "quantity": list(wishes.values())}
        answer = await self._asked("POST", f"{CART}/lines", data=lines)
        assert answer.status_code == 303, answer.text
        page = await self._cart()
        names = ("csrf_token", "idempotency_key", "total", "currency")
        form = {name: page.value(name) for name in names} | {"po_number": reference}
        number = await self._check_out(form)
        self._sent[reference] = form
        wanted = {sku: units for sku, units in wishes.items() if units}
        self.placed[reference] = (number, wanted)
        if self._chance.random() < 0.2:
            await self._repeat(reference)

    async def _repeat(self, reference):
        number = await self._check_out(self._sent[reference])
        assert number == self.placed[reference][0], "one key, two orders"

    async def _check_out(self, form):
        """Return the order's number."""
        answer = await self._asked("POST", ORDER, data=form)
        assert answer.status_code == 303, answer.text
        self._news.set()
        return answer.headers["location"].rpartition("/")[2]

    async def _cart(self):
        answer = await self._asked("GET", CART)
        assert answer.status_code == 200, answer.text
        return Outline(answer.text)

    async def _asked(self, method, path, **options):
        """Ask until there is an answer."""
        while True:
            try:
                answer = await self._client.request(method, path, **options)
                if answer.status_code not in AWAY:
                    return answer
            except httpx.ConnectError:
                pass
            except httpx.TransportError:
                self.interrupted += path == ORDER
            await asyncio.sleep(PAUSE)
