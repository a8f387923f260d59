"""The clock of a data breach, and what may become of an incident (pure; GDPR 33, 34)."""

from typing import Final

import msgspec

from hanze.errors import Conflicting, InvalidInput
from hanze.governance.records.incident import Closing, Incident, Note, Notice, Risk, Telling
from hanze.ngsild.moment import format_datetime, parse_datetime

__all__ = [
    "BreachClock",
    "IncidentClosed",
    "IncidentUnfinished",
    "NoBreach",
    "assessed",
    "clock_of",
    "closed",
    "noted",
    "notified",
    "people_told",
    "text_within",
]

_HOUR_US: Final = 3_600_000_000
_HOURS: Final = 72
_MOST_TEXT: Final = 10_000
_MOST_LINE: Final = 300
_MOST_NOTES: Final = 500


class IncidentClosed(Conflicting):
    """What is over does not change any more."""

    def __init__(self, incident_id: str) -> None:
        super().__init__(f"Incident {incident_id} is closed")


class IncidentUnfinished(Conflicting):
    """An incident cannot be closed while something must be done still."""

    def __init__(self, incident_id: str, what: str, clause: str) -> None:
        super().__init__(f"Incident {incident_id} cannot be closed: {what}")
        self.clause = clause


class NoBreach(Conflicting):
    """Only of a data breach somebody is notified."""

    def __init__(self, incident_id: str) -> None:
        super().__init__(f"Incident {incident_id} is no data breach: nobody's data is concerned")


class BreachClock(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the clock of 72 hours stands.

    Attributes:
        due: DateTime text: until then the supervisory authority is notified in time.
        hours: Whole hours left; below 0: late.
        runs: Whether it runs: nobody was notified, and it is not known that nobody needs to be.
        late: Whether it ran out, or the notice came after it.
    """

    due: str
    hours: int
    runs: bool
    late: bool


def clock_of(incident: Incident, now: str) -> BreachClock | None:
    """Read the clock of a data breach; `None` where nobody's data is concerned.

    It stands still at the notice. Where harm is unlikely nobody has to be notified (33.1).

    Args:
        now: DateTime text.
    """
    if not incident.personal:
        return None
    due_us = parse_datetime(incident.known_at) + _HOURS * _HOUR_US
    notice = incident.notice
    runs = notice is None and incident.risk is not Risk.UNLIKELY and incident.closing is None
    at_us = parse_datetime(now if notice is None else notice.at)
    late = at_us > due_us and (runs or notice is not None)
    return BreachClock(
        due=format_datetime(due_us), hours=(due_us - at_us) // _HOUR_US, runs=runs, late=late
    )


def noted(incident: Incident, text: str, *, by: str, now: str) -> Incident:
    """Add what was found or done.

    Raises:
        IncidentClosed: It is over.
        InvalidInput: There is no text, too much of it, or too many notes.
    """
    _require_open(incident)
    if len(incident.notes) >= _MOST_NOTES:
        raise InvalidInput(f"An incident has at most {_MOST_NOTES} notes", field="text")
    note = Note(at=now, by=by, text=text_within(text, "text"))
    return msgspec.structs.replace(incident, notes=(*incident.notes, note))


def assessed(
    incident: Incident, risk: Risk, people: int | None, why: str, *, by: str, now: str
) -> Incident:
    """Say what a breach may do to people, and why; that is noted, too.

    Raises:
        IncidentClosed: It is over.
        NoBreach: It is no data breach.
        InvalidInput: It is not said why, or the people are no number.
    """
    _require_breach(incident)
    if people is not None and not 0 <= people <= 10**10:
        raise InvalidInput("people must be a number", field="people", value=people)
    told = noted(incident, f"{risk.value}: {text_within(why, 'why')}", by=by, now=now)
    return msgspec.structs.replace(told, risk=risk, people=people)


def notified(incident: Incident, notice: Notice, *, now: str) -> Incident:
    """Write down that the supervisory authority was notified.

    Raises:
        IncidentClosed: It is over.
        NoBreach: It is no data breach.
        InvalidInput: The notice lacks its reference, comes of the future, or is late without a why.
    """
    _require_breach(incident)
    reference = text_within(notice.reference, "reference", most=_MOST_LINE)
    if parse_datetime(notice.at, field="at") > parse_datetime(now):
        raise InvalidInput("The notice must have been given", field="at", value=notice.at)
    made = msgspec.structs.replace(
        incident, notice=msgspec.structs.replace(notice, reference=reference)
    )
    clock = clock_of(made, now)
    if clock is not None and clock.late and not notice.why_late.strip():
        raise InvalidInput(
            "A notice after 72 hours says why it is late", field="whyLate", clause="GDPR 33.1"
        )
    return made


def people_told(incident: Incident, telling: Telling) -> Incident:
    """Write down that the people were told, and what.

    Raises:
        IncidentClosed: It is over.
        NoBreach: It is no data breach.
        InvalidInput: It is not said what they were told, or how.
    """
    _require_breach(incident)
    told = msgspec.structs.replace(telling, how=text_within(telling.how, "how", most=_MOST_LINE))
    return msgspec.structs.replace(incident, told=told)


def closed(incident: Incident, lessons: str, *, by: str, now: str) -> Incident:
    """Close an incident.

    Raises:
        IncidentClosed: It is closed already.
        IncidentUnfinished: Somebody has to be notified or told still, or the risk is not known.
        InvalidInput: It is not said what was learnt.
    """
    _require_open(incident)
    if incident.personal:
        if incident.risk is Risk.UNKNOWN:
            raise IncidentUnfinished(incident.id, "its risk is not known", "GDPR 33.1")
        if incident.risk is not Risk.UNLIKELY and incident.notice is None:
            what = "the supervisory authority was not notified"
            raise IncidentUnfinished(incident.id, what, "GDPR 33.1")
        if incident.risk is Risk.HIGH and incident.told is None:
            raise IncidentUnfinished(incident.id, "the people were not told", "GDPR 34.1")
    closing = Closing(at=now, by=by, lessons=text_within(lessons, "lessons"))
    return msgspec.structs.replace(incident, closing=closing)


def text_within(text: str, field: str, *, most: int = _MOST_TEXT) -> str:
    """Check a text that must be there.

    Raises:
        InvalidInput: There is none, or too much of it.
    """
    found = text.strip()
    if not 0 < len(found) <= most:
        raise InvalidInput(f"{field} must have 1 to {most} letters", field=field)
    return found


def _require_breach(incident: Incident) -> None:
    _require_open(incident)
    if not incident.personal:
        raise NoBreach(incident.id)


def _require_open(incident: Incident) -> None:
    if incident.closing is not None:
        raise IncidentClosed(incident.id)
