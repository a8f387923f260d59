"""What becomes of rows of the outbox, and of what a subscription says of its notifications."""

import random
from collections.abc import Callable, Iterable

from hanze.ngsild.subscription.model import Subscription
from hanze.store.outbox.values import DueRow, Dying, Key
from hanze.transport.notifier.outcome import Outcome, Verdict
from hanze.worker.delivery.lane import Lane
from hanze.worker.delivery.schedule import not_before, retry_wait_s
from hanze.worker.delivery.settler import Settler
from hanze.worker.delivery.tally import Tallies

__all__ = ["Endings"]


#: Microseconds.
_OTHERS_FIRST = 50_000


class Endings:
    """Turns outcomes into settlements.

    Args:
        settler: Writes them.
        tallies: Of subscriptions.
        max_tries: After so many refusals a row is a dead letter.
        clock: Microseconds since 1970.
    """

    def __init__(
        self, settler: Settler, tallies: Tallies, max_tries: int, clock: Callable[[], int]
    ) -> None:
        self._settler = settler
        self._tallies = tallies
        self._max_tries = max_tries
        self._clock = clock

    def land(
        self, lane: Lane, message: tuple[DueRow, ...], outcome: Outcome, *, resumes: int
    ) -> None:
        """See to what becomes of a message that was sent.

        Args:
            resumes: When the endpoint is tried again; 0 where it fares well all in all.
        """
        match outcome.verdict:
            case Verdict.SENT | Verdict.TAKEN | Verdict.NOTHING:
                self.done(lane.key, message)
                lane.land(message)
            case Verdict.AWAY if resumes:
                # Another one is tried first then: what is wrong may be this one.
                lane.return_(message, hold_until=resumes + _OTHERS_FIRST)
            case Verdict.AWAY:
                self._again(lane, message, outcome.reason)
            case Verdict.IMPOSSIBLE:
                self.bury(lane.key, message, outcome.reason)
                lane.land(message)
            case Verdict.REFUSED:
                self._again(lane, message, f"the receiver refuses it: {outcome.reason}", alone=True)

    def done(self, key: Key, rows: Iterable[DueRow]) -> None:
        """Have rows removed: they were sent, or need not be."""
        done = [(key, row.happened_id) for row in rows]
        if done:
            self._settler.next.done.extend(done)
            self._settler.notice()

    def bury(self, key: Key, rows: Iterable[DueRow], reason: str, *, tries: int = 0) -> None:
        """Make dead letters of rows.

        Args:
            reason: In plain words, without anything secret.
            tries: In which they had a part besides their own.
        """
        dying = [Dying(key, row.happened_id, max(tries, row.tries), reason) for row in rows]
        if dying:
            self._settler.next.dead.extend(dying)
            self._settler.notice()

    def count(
        self, subscription: Subscription, outcome: Outcome, *, now: str, failed: tuple[int, ...]
    ) -> None:
        """Count an attempt (`Tallies.count`)."""
        written = self._tallies.count(subscription, outcome.verdict, now=now, failed=failed)
        self._settler.next.states[subscription.tenant, subscription.id] = written
        self._settler.notice()

    def _again(
        self, lane: Lane, message: tuple[DueRow, ...], reason: str, *, alone: bool = False
    ) -> None:
        """Try just this again later, and give it up after as many tries as there are."""
        tried = [row._replace(tries=row.tries + 1) for row in message]
        over = [row for row in tried if row.tries >= self._max_tries]
        again = [row for row in tried if row.tries < self._max_tries]
        self.bury(lane.key, over, reason)
        lane.land(over)
        self._settler.next.tried.extend((lane.key, row.happened_id, row.tries) for row in again)
        self._settler.notice()
        for row in again:
            wait_s = retry_wait_s(row.tries, random.random())  # noqa: S311  # no secret
            lane.return_([row], hold_until=not_before(self._clock(), wait_s, None), alone=alone)
