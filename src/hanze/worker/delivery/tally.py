"""What a subscription says of its notifications, and how an attempt changes that (5.2.14.2)."""

from collections.abc import Container
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from hanze.broker.ports import RegistersView
from hanze.ngsild.subscription.model import DeliveryStatus, Subscription, SubscriptionState
from hanze.store.outbox.values import Key
from hanze.transport.notifier.outcome import Verdict

__all__ = ["Tallies", "Tally", "after_attempt"]

_NEVER_SENT = frozenset({Verdict.IMPOSSIBLE})


class Tally(SubscriptionState, frozen=True, omit_defaults=True):
    """The state that is shown, and what delivery has to remember besides.

    Attributes:
        failed: When attempts failed for want of the receiver, those in a row; microseconds since
            1970.
        endpoint: Which endpoint that was, in a form that tells nobody.
    """

    failed: tuple[int, ...] = ()
    endpoint: str = ""


_decode = msgspec.json.Decoder(Tally).decode


def after_attempt(
    tally: Tally, verdict: Verdict, *, now: str, failed: tuple[int, ...] = ()
) -> Tally:
    """Count an attempt by the letter of 5.8.6: only 200 is success.

    Args:
        tally: Before it.
        verdict: Of the attempt; what another status than 200 took counts as failed.
        now: DateTime text of the attempt.
        failed: Failures in a row, of `Receiver.failed`.
    """
    sent = tally.times_sent + (verdict not in _NEVER_SENT)
    if verdict is Verdict.SENT:
        return replace(
            tally,
            status=DeliveryStatus.OK,
            times_sent=sent,
            last_notification=now,
            last_success=now,
            failed=(),
        )
    return replace(
        tally,
        status=DeliveryStatus.FAILED,
        times_sent=sent,
        times_failed=tally.times_failed + 1,
        last_notification=now,
        last_failure=now,
        failed=failed,
    )


class Tallies:
    """The tallies of subscriptions that are being notified.

    Args:
        registers: Where they are kept; the outbox writes them there.
    """

    def __init__(self, registers: RegistersView) -> None:
        self._registers = registers
        self._known: dict[Key, tuple[str, Tally]] = {}

    def of(self, subscription: Subscription) -> Tally:
        """Return what is counted of a subscription's notifications."""
        key = (subscription.tenant, subscription.id)
        known = self._known.get(key)
        # One that was deleted and made again begins anew.
        if known is None or known[0] != subscription.created_at:
            stored = self._registers.get("subscription-state", "\x00".join(key))
            tally = Tally() if stored is None else _decode(stored)
            known = self._known[key] = (subscription.created_at, tally)
        return known[1]

    def count(
        self, subscription: Subscription, verdict: Verdict, *, now: str, failed: tuple[int, ...]
    ) -> bytes:
        """Count an attempt (`after_attempt`); returns what is to be written."""
        counted = after_attempt(self.of(subscription), verdict, now=now, failed=failed)
        tally = replace(counted, endpoint=_digest(subscription) if failed else "")
        self._known[subscription.tenant, subscription.id] = (subscription.created_at, tally)
        return msgspec.json.encode(tally)

    def failed(self, subscription: Subscription) -> tuple[int, ...]:
        """Return when the endpoint failed that the subscription has now, those in a row."""
        tally = self.of(subscription)
        return tally.failed if tally.endpoint == _digest(subscription) else ()

    def forget(self, key: Key) -> None:
        self._known.pop(key, None)

    def keep(self, keys: Container[Key]) -> None:
        """Forget all but these; they are read again when they are needed."""
        for key in [key for key in self._known if key not in keys]:
            del self._known[key]


def _digest(subscription: Subscription) -> str:
    uri = subscription.notification.endpoint.uri
    return blake2b(uri.encode(), digest_size=8).hexdigest()
