"""What becomes of Snapshots in the background: prepared, told of, and taken away (5.16)."""

import logging
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from hanze.broker.asking import Askers
from hanze.broker.origin import Origin
from hanze.broker.snapshot.held import HeldSnapshots, has_expired, notice_of
from hanze.broker.snapshot.ports import SnapshotStore
from hanze.broker.snapshot.preparing import Preparation, SnapshotGone, problem_of_error
from hanze.broker.snapshot.records import Notice, delete_notice, stored_notices
from hanze.errors import HanzeError, StoreFailure, TooMuch
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.snapshot.model import QueryResult, ResultStatus, Snapshot, Status, status_of

__all__ = ["SnapshotWork"]

_log = logging.getLogger(__name__)

#: After so many beginnings that came to no end, the node does not begin again.
_MOST_TRIES: Final = 3


class SnapshotWork:
    """Does what takes time, one Snapshot after the other.

    Args:
        store: Where they are.
        held: The Snapshots.
        preparation: Executes their queries.
        clock: Answers now as DateTime text.
        askers: Makes callers of those who asked.
    """

    def __init__(
        self,
        store: SnapshotStore,
        held: HeldSnapshots,
        preparation: Preparation,
        clock: Callable[[], str],
        askers: Askers,
    ) -> None:
        self._askers = askers
        self._store = store
        self._held = held
        self._preparation = preparation
        self._clock = clock

    async def wait(self) -> None:
        """Wait until there may be something to do."""
        await self._held.changed.wait()
        self._held.changed.clear()

    async def prepare_next(self) -> bool:
        """Prepare the Snapshot that has waited the longest; tell whether there was one.

        What was begun before the node ended is begun again, from nothing.

        Raises:
            StoreFailure: It cannot be written; it is still to be prepared.
        """
        now = self._clock()
        moment = parse_datetime(now)
        snapshot = next(
            (
                one
                for one in self._held.all()
                if one.status is Status.PREPARING and not has_expired(one, moment)
            ),
            None,
        )
        if snapshot is None:
            return False
        try:
            done = await self._prepared(snapshot, now)
            async with self._held.changing:
                # A client may have changed it meanwhile, all but this.
                done = replace(
                    self._held.present(snapshot),
                    status=done.status,
                    results=done.results,
                    temporal_results=done.temporal_results,
                    modified_at=self._clock(),
                )
                await self._held.write(done, notice_of(done, self._clock()))
                self._held.origins.pop((done.tenant, done.id), None)
        except SnapshotGone as error:
            _log.info("%s", error)
        return True

    async def tidy(self) -> None:
        """Delete what has expired, empty the places that are free, write down what was used."""
        now = self._clock()
        moment = parse_datetime(now)
        async with self._held.changing:
            expired = [one for one in self._held.all() if has_expired(one, moment)]
            if expired:
                await self._held.remove(expired, now)
                _log.info("Removed %d expired snapshots", len(expired))
            await self._held.write_use()
        await self._held.places.clean()

    def notices(self) -> list[Notice]:
        """Give what is still to be told of changes of status (5.16.6)."""
        return stored_notices(self._store.registers)

    async def settle(self, notice: Notice) -> None:
        """Forget a notice: it was sent, or cannot be."""
        await self._store.transact(lambda uow: delete_notice(uow.registers, notice.name))

    async def _prepared(self, snapshot: Snapshot, now: str) -> Snapshot:
        if snapshot.tries >= _MOST_TRIES:
            await self._preparation.forget(snapshot)
            return _all_failed(
                snapshot,
                StoreFailure(f"It was begun {snapshot.tries} times, and never came to an end"),
            )
        async with self._held.changing:
            present = self._held.present(snapshot)
            snapshot = replace(present, tries=present.tries + 1)
            await self._held.write(snapshot, None)
        if snapshot.cloned_from is not None:
            return await self._cloned(snapshot, snapshot.cloned_from, now)
        given = self._held.origins.get((snapshot.tenant, snapshot.id))
        origin = self._own_origin(snapshot, now) if given is None else replace(given, now=now)
        results, temporal = await self._preparation.execute(snapshot, origin)
        status = status_of((*results, *temporal))
        return replace(snapshot, status=status, results=results, temporal_results=temporal)

    def _own_origin(self, snapshot: Snapshot, now: str) -> Origin:
        """Ask again as who asked, where the node ended since then."""
        caller = self._askers.of(snapshot.asker, tenant=snapshot.tenant)
        return Origin(caller=caller, context=snapshot.context, now=now)

    async def _cloned(self, snapshot: Snapshot, source_id: str, now: str) -> Snapshot:
        source = self._held.find(snapshot.tenant, source_id, now)
        if source is not None:
            try:
                await self._preparation.copy(snapshot, source, now)
                # What was emptied while it was copied is no copy.
                self._held.present(source)
            except (SnapshotGone, TooMuch) as error:
                _log.warning("Snapshot %s cannot be cloned: %s", source_id, error)
                self._held.present(snapshot)
            else:
                return replace(snapshot, status=Status.SUCCESS)
        await self._preparation.forget(snapshot)
        return replace(snapshot, status=Status.FAILURE)


def _all_failed(snapshot: Snapshot, error: HanzeError) -> Snapshot:
    failed = QueryResult(ResultStatus.FAILURE, problem_of_error(error))
    return replace(
        snapshot,
        status=Status.FAILURE,
        results=tuple(failed for _ in snapshot.queries),
        temporal_results=tuple(failed for _ in snapshot.temporal_queries),
    )
