"""(Unexpected) connections: links between records that nobody entered, with the path of evidence.

Records are linked by what they share (a supplier, a standard, a group of residents, the product
under two platforms) or by what one says and the other needs (a lesson and a demand, a proven
solution and a demand, what got one project going and where another is stuck). The rarer what is
shared, and the further apart the two are in theme, city and country, the more of a surprise.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.kept import while_unchanged
from hanze.collaboration.meetings import Meetings, Met
from hanze.collaboration.records.fields import camel
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import Platform, Solution
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.surroundings import Allowed, Around

__all__ = ["CONNECTION_KINDS", "Connection", "Step", "find_connections"]

CONNECTION_KINDS: Final = (
    "same-supplier",
    "same-standard",
    "same-residents",
    "same-platform",
    "unstuck",
    "lesson-for-demand",
    "proven-elsewhere",
    "same-need",
    "lesson-for-question",
)

#: Kind → fields by which records of these types share something.
_SHARING: Final = (
    ("same-supplier", (Project,), "suppliers"),
    ("same-standard", (Project, Demand, Solution, Platform), "standards"),
    ("same-residents", (Project, Demand, Solution), "residents_groups"),
    ("same-platform", (Platform,), "product"),
)
#: All pairs of so many; of more, each is compared with some that stand far apart.
_ALL_PAIRS: Final = 12
_MOST_OF_GROUP: Final = 60
_PARTNERS: Final = 4
#: How often one record may occur, where all are asked for.
_MOST_OF_RECORD: Final = 3

_MOVED_ON: Final = frozenset({"evaluated", "replicated", "scaled"})
_OPEN: Final = frozenset({"open", "bundled", "tendering"})


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the evidence: a record says something in an attribute.

    Attributes:
        record: Id.
        attribute: Name, as in the entity.
        value: What it says: the id of a record, a concept of the vocabulary, or a text.
    """

    record: str
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A link that nobody entered.

    Attributes:
        kind: One of `CONNECTION_KINDS`.
        one: The record that has it, or needs something.
        other: The other record.
        surprise: 0 to 1.
        path: The evidence, from the one to the other.
    """

    kind: str
    one: Held[Record]
    other: Held[Record]
    surprise: float
    path: tuple[Step, ...]


def find_connections(
    collective: Collective,
    meetings: Meetings,
    *,
    record: str | None = None,
    city: str | None = None,
    theme: str | None = None,
    limit: int = 20,
) -> list[Connection]:
    """Find links that nobody entered, the most surprising first.

    Args:
        collective: Up to date.
        meetings: What its records are about.
        record: Id of a record that must be one of the two.
        city: Id of a city of one of the two.
        theme: Id of a theme or its concept, of one of the two.
        limit: How many at most.
    """
    around = Around(collective, record=record, city=city, theme=theme)
    key = ("connections", id(meetings.annotator), record, city, theme, limit)
    return while_unchanged(collective, key, lambda: _found(collective, meetings, around, limit))


def _found(
    collective: Collective, meetings: Meetings, around: Around, limit: int
) -> list[Connection]:
    found = [*_sharing(collective, around), *_meeting(collective, meetings, around)]
    found.sort(key=lambda one: (-one.surprise, one.kind, one.one.record.id, one.other.record.id))
    # Of all there are, the best of many kinds and records say more than many of one.
    most = limit if around.of_one else max(2, math.ceil(limit / 3))
    chosen = _chosen(found, around, limit=limit, most_of_kind=most)
    return [Connection(c.kind, c.one, c.other, c.surprise, c.path()) for c in chosen]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A connection whose evidence is not written yet."""

    kind: str
    one: Held[Record]
    other: Held[Record]
    surprise: float
    path: Callable[[], tuple[Step, ...]]


def _chosen(
    found: Sequence[_Candidate], around: Around, *, limit: int, most_of_kind: int
) -> list[_Candidate]:
    """Take the first that nobody entered, each pair once, and no kind or record too often."""
    told: Counter[str] = Counter()
    seen: set[tuple[str, str, str]] = set()
    chosen: list[_Candidate] = []
    for one in found:
        if len(chosen) == limit:
            break
        first, second = one.one.record.id, one.other.record.id
        pair = (one.kind, min(first, second), max(first, second))
        often = [
            told[id_] >= _MOST_OF_RECORD for id_ in (first, second) if not around.is_asked(id_)
        ]
        if pair in seen or told[one.kind] >= most_of_kind or any(often):
            continue
        seen.add(pair)
        if not around.entered(one.one, one.other):
            told.update((one.kind, first, second))
            chosen.append(one)
    return chosen


def _sharing(collective: Collective, around: Around) -> Iterator[_Candidate]:
    for kind, types, field in _SHARING:
        groups: dict[str, list[Held[Record]]] = {}
        for one in types:
            for held in collective.of(one):
                for value in _values(held.record, field):
                    groups.setdefault(value, []).append(held)
        for value, members in groups.items():
            # What many share is no surprise.
            rarity = 1 / (1 + math.log2(max(len(members), 2) / 2))
            for first, second in _pairs(members, around):
                surprise = rarity * around.distance(first, second)
                path = partial(_path_of_sharing, first, second, camel(field), value)
                yield _Candidate(kind, first, second, surprise, path)


def _path_of_sharing(
    one: Held[Record], other: Held[Record], attribute: str, value: str
) -> tuple[Step, ...]:
    return (Step(one.record.id, attribute, value), Step(other.record.id, attribute, value))


def _values(record: Record, field: str) -> Iterable[str]:
    value = getattr(record, field)
    several = value if isinstance(value, tuple) else (value,) if value else ()
    if field in ("residents_groups", "product"):
        return {" ".join(one.casefold().split()) for one in several}
    return set(several)


def _pairs(
    members: Sequence[Held[Record]], around: Around
) -> Iterator[tuple[Held[Record], Held[Record]]]:
    """Pairs of which one is asked for; of large groups few, of members that stand far apart."""
    # In this order neighbours are alike, and those half the way round are not.
    ordered = sorted(
        members,
        key=lambda held: (
            around.country(held),
            min(around.themes(held), default=""),
            held.city or "",
            held.record.id,
        ),
    )
    count = len(ordered)
    asked = [place for place, held in enumerate(ordered) if around.asked(held)]
    steps = range(1, count)
    if count > _ALL_PAIRS:
        asked = asked[:: max(1, math.ceil(len(asked) / _MOST_OF_GROUP))]
        steps = range(count // 2, count // 2 + _PARTNERS)
    seen: set[tuple[int, int]] = set()
    for place in asked:
        for step in steps:
            other = (place + step) % count
            pair = (min(place, other), max(place, other))
            if pair not in seen:
                seen.add(pair)
                yield ordered[place], ordered[other]


def _meeting(collective: Collective, meetings: Meetings, around: Around) -> Iterator[_Candidate]:
    demands = [held for held in collective.of(Demand) if held.record.status in _OPEN]
    projects = collective.of(Project)
    taught = [held for held in projects if held.record.lessons]
    proven = [held for held in collective.of(Solution) if held.record.proven_in]
    moved = [h for h in projects if h.record.stage in _MOVED_ON and h.record.stuck_reasons]
    stuck = [
        h
        for h in projects
        if h.record.stage not in _MOVED_ON
        and h.record.stage != "stopped"
        and h.record.stuck_reasons
    ]
    questions = [held for held in collective.of(ResearchQuestion) if held.record.status == "open"]
    sides: Sequence[tuple[str, Sequence[Held[Record]], Sequence[Held[Record]], Allowed]] = (
        ("lesson-for-demand", demands, taught, around.in_other_cities),
        ("proven-elsewhere", demands, proven, around.in_other_cities),
        ("same-need", demands, demands, around.in_other_countries),
        ("lesson-for-question", questions, taught, around.may_differ),
        ("unstuck", stuck, moved, around.with_same_reason),
    )
    for kind, ones, others, allowed in sides:
        compared = while_unchanged(
            collective,
            ("meetings", id(meetings.annotator), kind),
            partial(meetings.sides, ones, others, allowed),
        )
        for met in compared.between(around.asked):
            path = partial(_path, kind, met, collective, meetings)
            surprise = met.alike * around.distance(met.one, met.other)
            yield _Candidate(kind, met.one, met.other, surprise, path)


def _path(kind: str, met: Met, collective: Collective, meetings: Meetings) -> tuple[Step, ...]:
    """The evidence: what the one says it needs, and where the other says that it has it."""
    one, other = met.one.record, met.other.record
    need = "question" if isinstance(one, ResearchQuestion) else "problem"
    if kind == "unstuck" and isinstance(one, Project) and isinstance(other, Project):
        reasons = [code for code in one.stuck_reasons if code in other.stuck_reasons]
        told = [Step(id_, "stuckReasons", code) for id_ in (one.id, other.id) for code in reasons]
        return (*told, Step(other.id, "stage", other.stage), *_both(met, "title", "title"))
    if kind == "proven-elsewhere" and isinstance(other, Solution):
        path = [*_both(met, need, "whatItDoes")]
        for project in other.proven_in:
            path.append(Step(other.id, "provenIn", project))
            held = collective.find(project)
            if held is not None and held.city is not None:
                path.append(Step(project, "sourceCity", held.city))
        return tuple(path)
    if isinstance(other, Project):
        lesson = _lesson(met, other, meetings)
        return (*_both(met, need, "lessons"), Step(other.id, "lessons", lesson))
    return _both(met, need, "problem")


def _both(met: Met, here: str, there: str) -> tuple[Step, ...]:
    ends = ((met.one.record.id, here), (met.other.record.id, there))
    return tuple(Step(id_, name, concept) for concept in met.shared() for id_, name in ends)


def _lesson(met: Met, project: Project, meetings: Meetings) -> str:
    """The number of the lesson that says most about what the two share, from 1."""
    shared = set(met.shared())
    fits = [len(shared & meetings.of_text(dict(lesson.text))) for lesson in project.lessons]
    return str(fits.index(max(fits)) + 1)
