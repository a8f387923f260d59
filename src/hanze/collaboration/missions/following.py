"""Results and follow-ups at work: they are added, told about, done, dropped and taken up again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective
from hanze.collaboration.records.missions import FollowUp, Mission, Update
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller

__all__ = ["NothingTold", "Told", "add_follow_up", "update_follow_up"]

_ENDED: Final = frozenset({"done", "dropped"})


class NothingTold(InvalidInput):
    """An update of a follow-up says nothing."""

    def __init__(self) -> None:
        super().__init__(
            "An update must have a text, a status, a last day, or a record that came of it",
            field="text",
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a follow-up.

    Attributes:
        text: In words, by language.
        status: Where it stands from then on.
        due: Its new last day.
        became: Ids of records that came of it; they join those that are there.
    """

    text: Mapping[str, str]
    status: Literal["open", "done", "dropped"] | None = None
    due: date | None = None
    became: Sequence[str] = ()


async def add_follow_up(
    store: Store, caller: Caller, collective: Collective, follow_up: FollowUp, *, now: str
) -> FollowUp:
    """Add a result or follow-up; it is kept with its mission.

    Args:
        collective: Up to date.
        follow_up: Complete but for whose record it is and its themes, which are its mission's where
            it names none.

    Raises:
        RecordNotFound: There is no such mission.
        RecordElsewhere: Another node keeps the mission; a follow-up of our own names no mission of
            others.
        HanzeError: A rule of its type is broken.
    """
    mission = collective.get(follow_up.mission, Mission) if follow_up.mission else None
    tenant = caller.tenant if mission is None else mission.tenant
    record = follow_up
    if mission is not None:
        record = replace(
            follow_up,
            source_city=follow_up.source_city or mission.record.source_city,
            themes=follow_up.themes or mission.record.themes,
            owner=follow_up.owner or mission.record.organiser,
        )
    record = replace(record, provenance=record.provenance or "entered")
    return await create_record(store, caller.in_tenant(tenant), record, now=now)


async def update_follow_up(
    store: Store,
    caller: Caller,
    collective: Collective,
    follow_up_id: str,
    told: Told,
    *,
    on: date,
    now: str,
) -> FollowUp:
    """Tell what became of a follow-up.

    Args:
        collective: Up to date.
        on: The day of what is told; of being done, too.

    Raises:
        NothingTold: It says nothing.
        RecordNotFound: There is no such follow-up.
        RecordElsewhere: Another node keeps it.
        HanzeError: A rule of its type is broken.
    """
    text = {language: words.strip() for language, words in told.text.items() if words.strip()}
    if not text and told.status is None and told.due is None and not told.became:
        raise NothingTold
    tenant = collective.get(follow_up_id, FollowUp).tenant

    def change(record: FollowUp) -> FollowUp:
        status = told.status or record.status
        done_on = record.done_on
        if told.status is not None:
            done_on = on if status in _ENDED else None
        updates = (*record.updates, Update(on=on, text=text)) if text else record.updates
        return replace(
            record,
            status=status,
            done_on=done_on,
            due=told.due or record.due,
            became=tuple(dict.fromkeys((*record.became, *told.became))),
            updates=updates,
        )

    return await change_record(
        store, caller.in_tenant(tenant), follow_up_id, FollowUp, change, now=now
    )
