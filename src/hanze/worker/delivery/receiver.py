"""One endpoint as those who send to it know it: how it fares, and whose turn it is."""

import asyncio
import random
from collections import deque
from collections.abc import Callable

from hanze.transport.notifier.outcome import Outcome, Verdict
from hanze.worker.delivery.schedule import not_before, retry_wait_s

__all__ = ["Receiver"]

_US = 1_000_000

#: An endpoint that failed, and to which nothing was sent for so long after it could be, is forgotten.
_FORGET = 3_600 * _US


class Receiver:
    """Bounds what is sent to an endpoint at a time, and waits when it fails.

    An endpoint that has not answered yet, or fails, is sent one message at a time: those who hang
    take little, and one that is back is not met by all that has waited.

    Args:
        concurrency: Messages at a time.
        max_tries: How many failures make a dead letter.
        doubtful: Shared by all endpoints: slots for messages to those that have not answered yet.
        clock: Microseconds since 1970.

    Attributes:
        failures: In a row, since the node started.
        failed: When the last ones in a row were, also before the node started; at most as many as
            make a dead letter of what waited through all of them.
        reason: Of the last one.
        last_failure: When it last failed, if it did since the node started.
    """

    def __init__(
        self,
        concurrency: int,
        max_tries: int,
        doubtful: asyncio.Semaphore,
        clock: Callable[[], int],
    ) -> None:
        self.failures = 0
        self.failed: deque[int] = deque(maxlen=max_tries)
        self.reason = ""
        self.last_failure: int | None = None
        self._slots = asyncio.Semaphore(concurrency)
        self._doubtful = doubtful
        self._clock = clock
        self._proven = False
        self._doubted = False
        self._probe = asyncio.Lock()
        self._resumes = 0
        self._turns = 0

    def is_idle(self) -> bool:
        """Tell whether nothing is lost when it is forgotten."""
        return not self._turns and (not self.failures or self._clock() > self._resumes + _FORGET)

    @property
    def resumes(self) -> int:
        """From when on it is tried again, in microseconds since 1970; 0 when it fares well."""
        return self._resumes if self.failures else 0

    @property
    def doomed_until(self) -> int:
        """What happened up to then waited through all the tries that there are."""
        return self.failed[0] if len(self.failed) == self.failed.maxlen else 0

    def is_free(self) -> bool:
        """Tell whether `enter` gives a turn without waiting."""
        return self._proven and not self.failures and not self._slots.locked()

    async def enter(self) -> bool:
        """Wait for a turn.

        Returns:
            What `leave` is to be told: whether the turn is a probe.
        """
        self._turns += 1
        try:
            await self._slots.acquire()
        except BaseException:
            self._turns -= 1
            raise
        try:
            if self._proven and not self.failures:
                return False
            return await self._probing()
        except BaseException:
            self._slots.release()
            self._turns -= 1
            raise

    def leave(self, *, probe: bool) -> None:
        """End a turn."""
        if probe:
            self._doubtful.release()
            self._probe.release()
        self._slots.release()
        self._turns -= 1

    def pardon(self) -> None:
        """Forget failures: a person says that it is worth a try."""
        self.failures = 0
        self.failed.clear()
        self._proven = False

    def judge(self, outcome: Outcome, cooldown_ms: float | None) -> None:
        """Learn from an attempt."""
        verdict = outcome.verdict
        if verdict is Verdict.AWAY:
            now = self.last_failure = self._clock()
            self.reason = outcome.reason
            if self._proven and not self._doubted:
                # One failure among successes may be the message's own: the next one tells.
                self._doubted = True
                return
            # Messages that were under way together fail together: that is one failure.
            if not self.failures or now >= self._resumes:
                self.failures += 1
                wait_s = retry_wait_s(self.failures, random.random())  # noqa: S311  # no secret
                self._resumes = not_before(now, wait_s, cooldown_ms)
                self.failed.append(now)
            self._proven = False
        elif verdict is not Verdict.IMPOSSIBLE:
            self.failures = 0
            self.failed.clear()
            self._proven = True
            self._doubted = False
            if verdict is Verdict.REFUSED:
                self.last_failure = self._clock()

    async def _probing(self) -> bool:
        await self._probe.acquire()
        if self._proven and not self.failures:
            # The probe before has shown that the endpoint is well.
            self._probe.release()
            return False
        try:
            pause = self.resumes - self._clock()
            if pause > 0:
                await asyncio.sleep(pause / _US)
            await self._doubtful.acquire()
        except BaseException:
            self._probe.release()
            raise
        return True
