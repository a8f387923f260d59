"""A plan as a file for spreadsheets."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

from hanze.collaboration.exports import harmless
from hanze.collaboration.gatherings.sheets import lines_of
from hanze.collaboration.records.gatherings import MatchmakingDay

__all__ = ["plan_csv"]

_COLUMNS: Final = (
    *("state", "slot", "starts", "ends", "timezone", "table", "place"),
    *("one", "oneName", "other", "otherName", "interpreter"),
)


def plan_csv(
    day: MatchmakingDay, names: Mapping[str, str], participation: str | None = None
) -> str:
    """Write a plan, or one participant's part of it: a meeting in a line, then the cancelled ones.

    Args:
        day: With its plan.
        names: How participants are called.
        participation: Whose; `None` is all of them.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(day, names, participation))
    # The mark tells spreadsheets that the file is UTF-8.
    return "\ufeff" + text.getvalue()


def _rows(
    day: MatchmakingDay, names: Mapping[str, str], participation: str | None
) -> Iterator[list[str]]:
    for state, planned in (("planned", day.plan), ("cancelled", day.cancelled)):
        for line in lines_of(day, planned):
            meeting = line.meeting
            if meeting is None or participation not in (None, meeting.one, meeting.other):
                continue
            cells = (
                *(state, line.slot.key, line.slot.starts, line.slot.ends, day.timezone),
                *(meeting.table, line.place, meeting.one, names.get(meeting.one, "")),
                *(meeting.other, names.get(meeting.other, ""), meeting.interpreter or ""),
            )
            yield [harmless(cell) for cell in cells]
