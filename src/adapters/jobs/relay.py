"""The chore that brings deliveries to their receivers."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import structlog

from portal_core.clock import Clock
from portal_core.delivery import DeliveryState, Due, Receiver, Result
from portal_core.outbox import LEASE, Dispatcher, Outbox

AT_ONCE = 50
"""How many deliveries are tried at the same time."""

EACH = 20
"""How many of them go to the same receiver."""

TAKEN = 10
"""How many are claimed together: few enough that no receiver gets more than its share."""

LOOK_AGAIN = 0.5
"""After how many seconds we look what else is due, while tries are under way."""

GATHERED = 0.01
"""For how many seconds results are gathered, to be noted together."""

GRACE = 8.0
"""For how many seconds tries under way may go on when the program is to end."""

logger = structlog.get_logger("portal.relay")

Trying = dict[asyncio.Task[Result], Due]


class Relay:
    """Tries what is due, many at once, until nothing is due.

    Results are noted as they come, a few together: whoever dies in between repeats few
    deliveries, with the same ids. A slow receiver fills its own places, not the others'.
    """

    def __init__(
        self,
        *,
        outbox: Outbox,
        dispatcher: Dispatcher,
        clock: Clock,
        grace: float = GRACE,
    ) -> None:
        self._outbox = outbox
        self._dispatcher = dispatcher
        self._clock = clock
        self._grace = grace

    async def run(self) -> int:
        """Deliver everything that is due; return how many tries were made.

        When it is cancelled, tries under way get a while to end and to be noted.
        """
        trying: Trying = {}
        made = 0
        try:
            while True:
                await self._take(trying)
                if not trying:
                    return made
                await asyncio.wait(
                    trying, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED
                )
                await asyncio.sleep(GATHERED)
                over = [task for task in trying if task.done()]
                await self._outbox.record([task.result() for task in over])
                made += len(over)
                for task in over:
                    del trying[task]
        finally:
            await self._leave(trying)

    async def _take(self, trying: Trying) -> None:
        """Begin to try what is due, as far as there are places."""
        while places := min(TAKEN, AT_ONCE - len(trying)):
            dues = await self._outbox.claim(
                limit=places,
                now=self._clock(),
                lease=LEASE,
                passing_over=_crowded(trying),
            )
            for due in dues:
                trying[asyncio.create_task(self._try(due))] = due
            if len(dues) < places:
                return

    async def _try(self, due: Due) -> Result:
        """Try the delivery, and log it without the answer, which may echo secrets."""
        delivery = due.delivery
        structlog.contextvars.bind_contextvars(
            delivery_id=str(delivery.id),
            subscriber=delivery.subscriber,
            attempt=delivery.attempts + 1,
        )
        result = await self._dispatcher.attempt(due)
        if result.state is DeliveryState.DONE:
            logger.debug("delivered")
        else:
            logger.warning("not_delivered", state=result.state, next_at=result.next_at)
        return result

    async def _leave(self, trying: Trying) -> None:
        """Note what still ends in time, and let go of the rest: their leases run out."""
        if not trying:
            return
        await asyncio.wait(trying, timeout=self._grace)
        for task in trying:
            task.cancel()
        ended = await asyncio.gather(*trying, return_exceptions=True)
        await self._outbox.record([each for each in ended if isinstance(each, Result)])


def report_fault(fault: Exception) -> None:
    """Log a fault of ours, where the dispatcher met it."""
    logger.error("delivery_fault", exc_info=fault)


def _crowded(trying: Trying) -> Sequence[Receiver]:
    """Return the receivers to whom one more claim could mean more than their share."""
    counts = Counter(due.delivery.receiver for due in trying.values())
    return [receiver for receiver, count in counts.items() if count > EACH - TAKEN]
