"""An attribute beside its usual week: what is read of it, its chart, its table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode

from hanze.errors import HanzeError
from hanze.insight.looking import Subject
from hanze.insight.watches import Role, watches
from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.web.portal.history.axes import time_ticks
from hanze.web.portal.insight.drawing import Picture, draw_course
from hanze.web.portal.insight.periods import Period, Stretch, deviating, periods_of
from hanze.web.portal.reading import Reader
from hanze.web.portal.site import Visit
from hanze.web.portal.translation import local_name
from hanze.web.portal.values import instance_of, is_simulated, title_of

__all__ = [
    "DAYS",
    "ROWS",
    "Asked",
    "Curve",
    "counts_people",
    "days_asked",
    "read_curve",
    "usual_path",
]

#: So many days back a page can look; the first one where its address says nothing.
DAYS: Final = (1, 3, 7)
_DAY_US: Final = 86_400_000_000
#: Rows of a page of the table.
ROWS: Final = 50
_MOST_STRETCHES: Final = 20
#: Attributes that count people whatever is watched.
_COUNTS: Final = frozenset(
    ("peopleCount", "peopleCountAway", "peopleCountTowards", "peopleOccupancy", "numberOfPeople")
)


@dataclass(frozen=True, slots=True)
class Asked:
    """An attribute, and how it is looked at.

    Attributes:
        entity_id: Id of the entity.
        attribute: IRI.
        period_us: Length of a period, in microseconds.
        weeks: From how many the usual one is learned.
        usual: So many deviations the usual range has.
        people: Whether people are counted: of few no number is shown.
        role: What it says of a place; "" where it is of none.
    """

    entity_id: str
    attribute: str
    period_us: int
    weeks: int
    usual: float
    people: bool
    role: Role | str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """An attribute beside its usual week, ready to be shown.

    Attributes:
        asked: What is shown.
        label: Name of the attribute, in words.
        title: Name of the entity.
        entity_href: Its page; "" where it is gone.
        unit: Sign of the unit.
        simulated: Whether the entity is made up.
        picture: The chart; `None` where there is nothing to draw.
        periods: All, in order of time.
        rows: Of this page of the table, the newest first.
        stretches: What lies beside the usual range, the newest first, at most a few.
        beside: How many stretches there are.
        api: Path of the same as JSON; "" where that would tell numbers of few people.
        problem: Why there is nothing, for programmers; "" where there is something.
    """

    asked: Asked
    label: str
    title: str
    entity_href: str
    unit: str
    simulated: bool
    picture: Picture | None = None
    periods: Sequence[Period] = ()
    rows: Sequence[Period] = ()
    stretches: Sequence[Stretch] = ()
    beside: int = 0
    api: str = ""
    problem: str = ""

    @property
    def measured(self) -> int:
        """In how many periods a number was measured that may be shown."""
        return sum(1 for one in self.periods if one.value is not None)

    @property
    def few(self) -> int:
        """In how many periods too few people were counted to show a number."""
        return sum(1 for one in self.periods if one.few)

    @property
    def known(self) -> int:
        """Of how many periods the node knows what is usual."""
        return sum(1 for one in self.periods if one.expected is not None)


def days_asked(visit: Visit) -> int:
    """Read how many days are wanted; anything else counts as the shortest."""
    text = visit.request.query_params.get("days", "")
    return next((days for days in DAYS if str(days) == text), DAYS[0])


def usual_path(visit: Visit, entity_id: str, attribute: str, days: int = DAYS[0]) -> str:
    """Address the page of an attribute beside its usual week."""
    wanted = {"id": entity_id, "attribute": visit.context.compact_name(attribute)}
    if days != DAYS[0]:
        wanted["days"] = str(days)
    query = urlencode(wanted, quote_via=quote, safe=":")
    return f"/{visit.language.code}/insight/usual?{query}"


def counts_people(visit: Visit, entity_id: str, attribute: str) -> bool:
    """Tell whether an attribute counts people: by its name, or because a watch says so."""
    return local_name(attribute) in _COUNTS or any(
        member.role == "people" and (member.entity, member.attribute) == (entity_id, attribute)
        for watch in watches(visit.site.node.store.registers)
        if watch.tenant == visit.caller.tenant
        for member in watch.members
    )


async def read_curve(
    visit: Visit, reader: Reader, asked: Asked, *, days: int, page: int, strict: bool = False
) -> Curve:
    """Read an attribute of the last days beside its usual week.

    Args:
        reader: Of the visit.
        asked: Which attribute.
        days: How far back.
        page: Of the table, from 1.
        strict: Lets errors out; else the curve says what is wrong.

    Raises:
        HanzeError: `strict`, and there is no such entity, or no numbers.
    """
    entity = reader.entity(asked.entity_id)
    instances = entity.attributes.get(asked.attribute, ()) if entity is not None else ()
    present = next((one for one in instances if one.dataset_id is None), None)
    curve = Curve(
        asked=asked,
        label=visit.language.words("attribute", asked.attribute),
        title=asked.entity_id if entity is None else title_of(entity, visit.language),
        entity_href="" if entity is None else visit.entity_path(asked.entity_id),
        unit="" if present is None else instance_of(present, visit.speaker).unit,
        simulated=entity is not None and is_simulated(entity),
    )
    until = parse_datetime(visit.now)
    subject = Subject(visit.caller, asked.entity_id, asked.attribute, asked.period_us, asked.weeks)
    try:
        found = await visit.site.node.insight.looking.look(
            subject, first_us=until - days * _DAY_US, until_us=until, now=visit.now
        )
    except HanzeError as error:
        if strict:
            raise
        return replace(curve, problem=str(error))
    periods = periods_of(
        found.judged, usual=asked.usual, period_us=asked.period_us, people=asked.people
    )
    return _filled(visit, curve, periods, page)


def _filled(visit: Visit, curve: Curve, periods: Sequence[Period], page: int) -> Curve:
    stretches = deviating(periods)
    formats, zone = visit.speaker.formats, visit.speaker.formats.zone
    picture = draw_course(
        periods,
        stretches,
        times=lambda start, end: time_ticks(start, end, zone, visit.language.locale),
        number=formats.number,
    )
    rows = [*reversed(periods)][(page - 1) * ROWS : page * ROWS]
    return replace(
        curve,
        picture=picture,
        periods=periods,
        rows=rows,
        stretches=[*reversed(stretches)][:_MOST_STRETCHES],
        beside=len(stretches),
        api="" if curve.asked.people or not periods else _api(visit, curve.asked, periods),
    )


def _api(visit: Visit, asked: Asked, periods: Sequence[Period]) -> str:
    wanted = {
        "id": asked.entity_id,
        "attribute": visit.context.compact_name(asked.attribute),
        "start": format_datetime(periods[0].start),
        "end": format_datetime(periods[-1].end),
        "periodMinutes": str(asked.period_us // 60_000_000),
        "weeks": str(asked.weeks),
        "usual": f"{asked.usual:g}",
    }
    return f"/api/v1/insight/usual?{urlencode(wanted, quote_via=quote, safe=':')}"
