"""What a resident sees about itself: the data, and who read it; of nobody else (GDPR art. 15, 20)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final, Protocol

import msgspec

from hanze.broker.gate import note_read, shown
from hanze.broker.ports import Store
from hanze.broker.subjects import entities_about
from hanze.governance.erasing import about_people
from hanze.governance.logs.search import Logged, LogSearch
from hanze.governance.records.log import ProcessingRecord
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.identity.roles import RESIDENT
from hanze.ngsild.model import Entity

__all__ = ["LOOKED_AT", "Reads", "ReadsLog", "my_entities", "my_reads"]

#: Name of the operation in the processing log: the data subject, or its parent, looked at it.
LOOKED_AT: Final = "access"
_SLICE: Final = 200


class ReadsLog(Protocol):
    """The processing log, as much of it as is read here."""

    def known_pseudonym(self, tenant: str, subject: str) -> str | None: ...
    async def find(
        self, search: LogSearch, *, before: int | None = None, limit: int = 100
    ) -> list[Logged]: ...


class Reads(msgspec.Struct, frozen=True):
    """Records of who did what with somebody's data, the latest first.

    Attributes:
        before: Ask with this for those before them; `None`: there are none.
    """

    records: tuple[ProcessingRecord, ...]
    before: int | None = None


async def my_entities(
    store: Store, rules: Rules, caller: Caller, subject: str, *, now: str
) -> AsyncIterator[Entity]:
    """Go through the entities about a data subject, as the data subject may see them.

    What is confidential is left out. That it was looked at is noted for each of them.

    Args:
        caller: The data subject, or its parent (`residents.subjects_of` says so).
        subject: What data calls the data subject.
        now: DateTime text.
    """
    told = about_people(rules.datasets.values(), caller.tenant)
    asking = replace(caller, subject=subject, roles=caller.roles | {RESIDENT})
    async for entity in entities_about(store, caller.tenant, told, subject, now=now):
        seen = shown(store, asking, entity, now=now)
        if seen is not None:
            note_read(store, asking, (seen,), name=LOOKED_AT, now=now)
            yield seen


async def my_reads(
    log: ReadsLog,
    rules: Rules,
    tenant: str,
    subject: str,
    *,
    before: int | None = None,
    limit: int = 50,
) -> Reads:
    """Tell who did what with the data about somebody; confidential ones are left out.

    Args:
        tenant: Where the data is.
        subject: What data calls the data subject.
        before: Of a page before.
        limit: How many at most.
    """
    pseudonym = log.known_pseudonym(tenant, subject)
    found: list[ProcessingRecord] = []
    if pseudonym is None:
        return Reads(())
    search = LogSearch(kind="processing", subject=pseudonym)
    while page := await log.find(search, before=before, limit=_SLICE):
        for one in page:
            before = one.number
            record = one.record
            if isinstance(record, ProcessingRecord) and _is_told(record, rules):
                found.append(record)
                if len(found) == limit:
                    return Reads(tuple(found), before)
    return Reads(tuple(found))


def _is_told(record: ProcessingRecord, rules: Rules) -> bool:
    """Tell whether the data subject may know: neither then nor now it is confidential."""
    activity = rules.activities.get(record.activity)
    datasets = (rules.datasets.get(one) for one in record.datasets)
    return not (
        record.confidential
        or (activity is not None and activity.confidential)
        or any(one is not None and one.confidential for one in datasets)
    )
