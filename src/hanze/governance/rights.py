"""The legal clock of residents' requests, and what may become of them (pure; GDPR 12.3, 12.4).

An answer is due within one month. Where requests are complex or many it may take two months more:
whoever asked is told so, and why, within the first month. Months are counted as Regulation (EEC)
1182/71 does: the period ends on the day with the same number, or the last day of a shorter month.
That a period which ends in a weekend may run on to a working day is not used: earlier is never late.
"""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

import msgspec

from hanze.errors import Conflicting, InvalidInput
from hanze.governance.records.rights import (
    Extension,
    Guardianship,
    RequestAnswer,
    RequestOutcome,
    RightsRequest,
)

__all__ = [
    "Clock",
    "RequestClosed",
    "RequestNotExtendable",
    "answered",
    "children_of",
    "clock_of",
    "extended",
    "in_force",
    "months_after",
    "parents_of",
]

_MONTHS: Final = 1
_MONTHS_MORE: Final = 2
_LONGEST: Final = 4_000


class RequestClosed(Conflicting):
    """A request was answered or taken back: it does not change any more."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"Request {request_id} was answered already")
        self.request_id = request_id


class RequestNotExtendable(Conflicting):
    """The clock of a request may be extended once, and within the first month (GDPR 12.3)."""

    def __init__(self, request_id: str, why: str) -> None:
        super().__init__(f"Request {request_id} cannot be given more time: {why} (GDPR 12.3)")
        self.request_id = request_id


class Clock(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the clock of a request stands.

    Attributes:
        due: Date text: the last day on which an answer is in time.
        days: Left until then, today not included; below 0: so many days late.
        overdue: Whether it is late.
        extendable: Whether it may be given two months more.
        open: Whether it runs.
    """

    due: str
    days: int
    overdue: bool
    extendable: bool
    open: bool


def months_after(day: date, months: int) -> date:
    """Return the day with the same number some months later, or the last day of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def clock_of(request: RightsRequest, now: str) -> Clock:
    """Read the clock of a request; that of an answered one stands still at the answer.

    Args:
        now: DateTime text.
    """
    received = _day(request.received_at)
    first = months_after(received, _MONTHS)
    due = months_after(received, _MONTHS + _MONTHS_MORE) if request.extension else first
    is_open = request.answer is None
    today = _day(now) if request.answer is None else _day(request.answer.at)
    days = (due - today) // timedelta(days=1)
    return Clock(
        due=due.isoformat(),
        days=days,
        overdue=days < 0,
        extendable=is_open and request.extension is None and today <= first,
        open=is_open,
    )


def extended(request: RightsRequest, *, by: str, reason: str, now: str) -> RightsRequest:
    """Give a request two months more.

    Raises:
        RequestClosed: It was answered.
        RequestNotExtendable: It was extended before, or its first month is over.
        InvalidInput: No reason is given: whoever asked has to be told it.
    """
    _require_open(request)
    if request.extension is not None:
        raise RequestNotExtendable(request.id, "it was extended before")
    if not clock_of(request, now).extendable:
        raise RequestNotExtendable(request.id, "its first month is over")
    extension = Extension(by=by, at=now, reason=_text(reason, "reason", needed=True))
    return msgspec.structs.replace(request, extension=extension)


def answered(request: RightsRequest, answer: RequestAnswer) -> RightsRequest:
    """Answer a request.

    Raises:
        RequestClosed: It was answered before.
        InvalidInput: Something is refused and no reasons are given (GDPR 12.4).
    """
    _require_open(request)
    refused = answer.outcome in (RequestOutcome.REFUSED, RequestOutcome.PARTLY)
    text = _text(answer.text, "text", needed=refused)
    return msgspec.structs.replace(request, answer=msgspec.structs.replace(answer, text=text))


def in_force(guardianship: Guardianship, now: str) -> bool:
    """Tell whether a parent decides for the child now."""
    return guardianship.ended_at is None and now[:10] < guardianship.until


def children_of(guardianships: Mapping[str, Guardianship], parent: str, now: str) -> list[str]:
    """List for whom somebody decides now."""
    return sorted({one.child for one in _now(guardianships, now) if one.parent == parent})


def parents_of(
    guardianships: Mapping[str, Guardianship], child: str, now: str
) -> list[Guardianship]:
    """List who decides for somebody now; nobody: they do themselves."""
    return [one for one in _now(guardianships, now) if one.child == child]


def _now(guardianships: Mapping[str, Guardianship], now: str) -> Iterable[Guardianship]:
    return (one for one in guardianships.values() if in_force(one, now))


def _require_open(request: RightsRequest) -> None:
    if request.answer is not None:
        raise RequestClosed(request.id)


def _text(text: str, field: str, *, needed: bool) -> str:
    found = text.strip()
    if needed and not found:
        raise InvalidInput("Reasons must be given to whoever asked (GDPR 12.3, 12.4)", field=field)
    if len(found) > _LONGEST:
        raise InvalidInput(f"A text has at most {_LONGEST} characters", field=field)
    return found


def _day(moment: str) -> date:
    return date.fromisoformat(moment[:10])
