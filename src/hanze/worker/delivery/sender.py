"""Makes a notification of changes, and gives it to who speaks the endpoint's protocol."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from hanze.broker.asking import Askers, heard, require_all
from hanze.broker.distribution.subscriptions.assembly import Assembly
from hanze.broker.distribution.via import alias_in, via_of
from hanze.broker.hidden import is_hidden
from hanze.broker.notification import Happened, Rendered, render_notification
from hanze.broker.sharing import refuse_links
from hanze.errors import HanzeError, StoreFailure
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.identity.caller import Caller
from hanze.ngsild.query.access import NOTHING
from hanze.ngsild.snapshot.model import Snapshot
from hanze.ngsild.subscription.model import Subscription
from hanze.store.outbox.values import DueRow
from hanze.store.store import Store
from hanze.transport.notifier.http import HttpNotifier
from hanze.transport.notifier.mqtt import MqttNotifier
from hanze.transport.notifier.outcome import Outcome, Verdict
from hanze.worker.delivery.schedule import timeout_s

__all__ = ["Limits", "Sender", "notification_id"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the settings allow (section `notifications`).

    Attributes:
        timeout_s: After which a notification without an answer has failed.
        concurrency: Notifications to one endpoint at a time.
        max_tries: Attempts that make a dead letter.
        max_waiting: Rows in the outbox.
        max_dead_letters: Dead letters that are kept.
    """

    timeout_s: float
    concurrency: int
    max_tries: int
    max_waiting: int
    max_dead_letters: int


class Sender:
    """Sends.

    Args:
        store: Where linked entities are.
        http: Posts.
        mqtt: Publishes.
        assembly: Makes whole entities of what is told of parts.
        is_trusted: Whether an owner is a confirmed member of the league, and an address its own.
        askers: Makes callers of those who subscribed.
        snapshot_at: The Snapshot that has a place of the store, if any has it still.
        alias: Of the node.
        most_s: How long an answer may take.
    """

    def __init__(
        self,
        store: Store,
        http: HttpNotifier,
        mqtt: MqttNotifier,
        assembly: Assembly,
        *,
        is_trusted: Callable[[str, str], bool],
        askers: Askers,
        snapshot_at: Callable[[str], Snapshot | None],
        alias: str,
        most_s: float,
    ) -> None:
        self._store = store
        self._assembly = assembly
        self._is_trusted = is_trusted
        self._askers = askers
        self._snapshot_at = snapshot_at
        self._alias = alias
        self._http = http
        self.mqtt = mqtt
        self._most_s = most_s

    def caller_of(self, subscription: Subscription) -> Caller:
        """Give the caller on whose behalf a subscription is served now."""
        return self._askers.caller(subscription)

    async def send(
        self, subscription: Subscription, changes: Sequence[Happened], name: str, *, now: str
    ) -> Outcome:
        """Notify of changes; whatever goes wrong is an outcome.

        Args:
            subscription: Whose endpoint is told.
            changes: At least one.
            name: Id of the notification.
            now: DateTime text.
        """
        snapshot = self._snapshot_at(subscription.tenant)
        if not self._may_tell(subscription, snapshot):
            return Outcome(Verdict.NOTHING)
        try:
            caller = self._askers.caller(subscription)
            changes = await self._seen(caller, subscription, changes, now)
            if not changes:
                return Outcome(Verdict.NOTHING)
            message = render_notification(
                self._store,
                caller,
                subscription,
                changes,
                now=now,
                notification_id=name,
                via=self._passed(subscription, changes),
            )
        except (AccessDenied, PurposeRequired):
            # `covering` pauses it, and says why.
            return Outcome(Verdict.NOTHING)
        except HanzeError as error:
            return Outcome(Verdict.IMPOSSIBLE, f"the notification cannot be made: {error}")
        except Exception:  # noqa: BLE001  # one notification must not keep the others from being sent
            _log.exception("A notification of %s cannot be made", subscription.id)
            return Outcome(Verdict.IMPOSSIBLE, "the notification cannot be made; see the log")
        if snapshot is not None:
            message = _of_snapshot(message, subscription.tenant, snapshot)
        return await self._give(subscription, message)

    def _may_tell(self, subscription: Subscription, snapshot: Snapshot | None) -> bool:
        owner, uri = subscription.owner, subscription.notification.endpoint.uri
        if owner and not self._is_trusted(owner, uri):
            # A member that is trusted no more is told nothing more, at once.
            return False
        return snapshot is not None or not is_hidden(subscription.tenant)

    async def _seen(
        self, caller: Caller, subscription: Subscription, changes: Sequence[Happened], now: str
    ) -> Sequence[Happened]:
        """Leave what its asker may hear of now, whatever that was when it was subscribed to.

        Raises:
            AccessDenied: The subscription names what its asker may not read.
            PurposeRequired: It names closed data, and no purpose.
            LinksNotShared: It tells of linked entities, and not all are shared with its owner.
        """
        refuse_links(caller.shares, subscription)
        access = NOTHING
        try:
            access = require_all(self._store, caller, subscription, "deliver", now=now)
        except (AccessDenied, PurposeRequired):
            changes = [one for one in changes if one.source]
            if not changes:
                raise
        told = heard(access, changes)
        told = [*await self._assembly.whole(subscription, told, access)] if told else told
        if told:
            entities = (one.after or one.before for one in told)
            shown = (one for one in entities if one is not None)
            self._store.gate.note(caller, shown, name="notify", now=now)
        return told

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.close()
        await self.mqtt.close()

    def _passed(self, subscription: Subscription, changes: Sequence[Happened]) -> str:
        """Write `Via` where a node is told, or tells: what goes in a circle must end (6.3.18)."""
        passed = tuple(dict.fromkeys(alias for one in changes for alias in one.via))
        if not passed and not subscription.via:
            return ""
        return via_of(passed, alias_in(self._alias, subscription.tenant))

    async def _give(self, subscription: Subscription, message: Rendered) -> Outcome:
        if self._store.log.pending:
            try:
                await self._store.log.settled()
            except StoreFailure as error:
                # What cannot be accounted for is not told; it is tried again.
                return Outcome(Verdict.AWAY, f"the log cannot be written: {error}")
        endpoint = subscription.notification.endpoint
        within_s = timeout_s(endpoint.timeout_ms, self._most_s)
        if endpoint.uri.partition(":")[0].lower() in ("mqtt", "mqtts"):
            return await self.mqtt.send(
                endpoint.uri, message, timeout_s=within_s, notifier_info=endpoint.notifier_info
            )
        return await self._http.send(endpoint.uri, message, timeout_s=within_s)


def _of_snapshot(message: Rendered, place: str, snapshot: Snapshot) -> Rendered:
    """Name the Snapshot that a notification is about, and its tenant, instead of its place (6.3.22)."""
    headers = [("NGSILD-Snapshot", snapshot.id)]
    for name, value in message.headers:
        if value != place:
            headers.append((name, value))
        elif snapshot.tenant:
            headers.append((name, snapshot.tenant))
    return msgspec.structs.replace(message, headers=tuple(headers))


def notification_id(subscription: Subscription, rows: Sequence[DueRow]) -> str:
    """Name the notification of some rows; sent again, it has the same name.

    A receiver that got it twice, because the node died in between, can tell by the id.
    """
    said = f"{subscription.tenant}\0{subscription.id}\0{subscription.created_at}"
    of = "\0".join(str(row.happened_id) for row in rows)
    digest = blake2b(f"{said}\0{of}".encode(), digest_size=16).hexdigest()
    return f"urn:ngsi-ld:Notification:{digest}"
