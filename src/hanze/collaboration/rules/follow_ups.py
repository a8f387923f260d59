"""Results and follow-ups of missions, and reports: what is done has a day, what is published stays."""

from datetime import date, timedelta
from typing import Final, TypeVar

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import FollowUp, Mission, MissionReport
from hanze.collaboration.records.record import Record
from hanze.collaboration.rules.elsewhere import find_elsewhere
from hanze.collaboration.rules.speaking import check_speaks_for
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = [
    "MOST_UPDATES",
    "keep_ended",
    "keep_own_follow_up",
    "keep_own_report",
    "keep_published",
    "keep_sections",
    "keep_updates",
]

R = TypeVar("R", bound=Record)

#: Of one follow-up.
MOST_UPDATES: Final = 200
_ENDED: Final = frozenset({"done", "dropped"})


def keep_ended(step: Step[FollowUp]) -> None:
    """Ask on which day something was done or dropped; what is open has no such day.

    Raises:
        RuleBroken: The day is missing, or there without an end.
        InvalidRecord: It lies ahead, or before the day on which it was agreed.
    """
    one = step.after
    if one is None:
        return
    if one.status in _ENDED and one.done_on is None:
        raise RuleBroken(
            f"What is {one.status} needs doneOn: the day on which it was {one.status}",
            field="doneOn",
            value=one.status,
        )
    if one.status not in _ENDED and one.done_on is not None:
        raise RuleBroken(
            f"What is {one.status} has no doneOn; the status that goes with it is done or dropped",
            field="status",
            value=one.status,
        )
    _check_past(step, "doneOn", one.done_on)


def keep_updates(step: Step[FollowUp]) -> None:
    """Ask for updates in the order of their days, none of them ahead, each with words.

    Raises:
        InvalidRecord: Names the update.
    """
    one = step.after
    if one is None or (step.before is not None and step.before.updates == one.updates):
        return
    if len(one.updates) > MOST_UPDATES:
        reason = f"must be at most {MOST_UPDATES}"
        raise InvalidRecord(FollowUp, reason, field="updates", value=len(one.updates))
    last = date.min
    for number, update in enumerate(one.updates):
        if update.on < last:
            reason = f"must not be before the update that stands above it ({last})"
            raise InvalidRecord(FollowUp, reason, field=f"updates[{number}].on", value=update.on)
        if not any(text.strip() for text in update.text.values()):
            raise InvalidRecord(FollowUp, "must say something", field=f"updates[{number}].text")
        last = update.on
        _check_past(step, f"updates[{number}].on", update.on)


def keep_own_follow_up(step: Step[FollowUp]) -> None:
    """Leave a follow-up to its owner, or those whose mission it was.

    Raises:
        SpeaksForAnother: The caller speaks for an organisation that is neither.
    """
    one = step.before or step.after
    if one is None:
        return
    others = (one, one.owner, _organiser(step, one.mission))
    check_speaks_for(step, "What came of it", one.id, *others, field="owner")


def keep_own_report(step: Step[MissionReport]) -> None:
    """Leave a report to its author, or those whose mission it was.

    Raises:
        SpeaksForAnother: The caller speaks for an organisation that is neither.
    """
    one = step.before or step.after
    if one is None:
        return
    others = (one, one.author, _organiser(step, one.mission))
    check_speaks_for(step, "The report of a mission", one.id, *others, field="author")


def keep_published(step: Step[MissionReport]) -> None:
    """Keep what was published: it gets a day, and stays; its words may be corrected.

    Raises:
        RuleBroken: It would be deleted, be a draft again, change its mission, or have no day.
        InvalidRecord: Its day lies ahead.
    """
    before, after = step.before, step.after
    if before is not None and before.status == "published":
        if after is None:
            raise RuleBroken(
                f"Report {before.id} is published and cannot be deleted; its words can be corrected",
                field="status",
                value="published",
            )
        for field, term in (("status", "status"), ("mission", "mission")):
            if getattr(before, field) != getattr(after, field):
                raise RuleBroken(
                    f"Report {before.id} is published; its {field} stays as it is",
                    field=term,
                    value=getattr(after, field),
                )
    if after is None:
        return
    if after.status == "published" and after.published_on is None:
        raise RuleBroken(
            "A report that is published needs publishedOn: the day", field="publishedOn"
        )
    if after.status != "published" and after.published_on is not None:
        raise RuleBroken(
            "A report that is a draft has no publishedOn", field="publishedOn", value=after.status
        )
    _check_past(step, "publishedOn", after.published_on)


def keep_sections(step: Step[MissionReport]) -> None:
    """Ask for one text of each section.

    Raises:
        InvalidRecord: A section is there twice.
    """
    report = step.after
    if report is None:
        return
    keys = [section.key for section in report.sections]
    for number, key in enumerate(keys):
        if key in keys[:number]:
            field = f"sections[{number}].key"
            raise InvalidRecord(MissionReport, "must be there once", field=field, value=key)


def _organiser(step: Step[R], mission_id: str | None) -> str | None:
    mission = find_elsewhere(step, mission_id) if mission_id is not None else None
    return mission.organiser if isinstance(mission, Mission) else None


def _check_past(step: Step[R], field: str, day: date | None) -> None:
    """Refuse what has not happened yet; east of here it may be tomorrow already."""
    if day is not None and day > date.fromisoformat(step.now[:10]) + timedelta(days=1):
        raise InvalidRecord(type(step.after), "must not lie ahead", field=field, value=day)  # type: ignore[arg-type]  # it is there
