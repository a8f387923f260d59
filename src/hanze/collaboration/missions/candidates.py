"""Who could receive a delegation: those who travel are matched with those who are there."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from hanze.collaboration.buddies import is_proven
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.matching.criteria import KINDS
from hanze.collaboration.matching.rank import Option, Scored
from hanze.collaboration.matchmaking import Matchmaker, side_of
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.missions import Mission
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.projects import LivingLab, Project
from hanze.collaboration.records.record import LANGUAGES, Label, Record, text_of
from hanze.errors import InvalidInput

__all__ = ["Candidate", "Side", "candidates_of", "sides_of"]

#: Parties that travel and are matched; those that say most of themselves first.
_TRAVELLERS: Final = 12
#: Demands and solutions of theirs that are matched.
_RECORDS: Final = 24
#: Of a ranking, which is of all countries, so many are looked at.
_TOP: Final = 200
_LEAST: Final = 0.15
#: What a theme of the mission adds to a score, and a place that the mission names.
_THEME: Final = 0.15
_NAMED: Final = 0.1
#: Score of a project that shares a theme, and what it gains when it is proven.
_PROJECT: Final = 0.35
_PROVEN: Final = 0.15
_SHARED_THEMES: Final[Label] = {
    "en": "{} is about the same themes.",
    "nl": "{} gaat over dezelfde thema's.",
    "ko": "{}: 같은 주제를 다룹니다.",
}
_ASKED: Final[Label] = {
    "en": "Fits “{}”.",
    "nl": "Past bij ‘{}’.",  # noqa: RUF001  # Dutch quotation marks
    "ko": "‘{}’에 맞습니다.",  # noqa: RUF001  # Korean quotation marks
}


@dataclass(frozen=True, slots=True)
class Side:
    """Who travels, and where to.

    Attributes:
        travellers: Ids of cities and organisations that travel.
        country: Of those that could receive them (id).
        places: Ids of places that the mission names there; those in them come first.
    """

    travellers: tuple[str, ...]
    country: str | None
    places: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who could receive the delegation.

    Attributes:
        host: Id of a city, region, organisation or living lab.
        kind: "visit" or "meeting".
        score: How well it fits, 0 to 1.
        reasons: Why, by language.
        about: Ids of records that it is about.
    """

    host: str
    kind: str
    score: float
    reasons: Label
    about: tuple[str, ...]


def sides_of(collective: Collective, mission: Mission) -> Side:
    """Tell who travels, and where to."""
    members = [one.organization for one in mission.delegates if one.organization is not None]
    home = country_of(collective, mission.organiser)
    if mission.direction == "incoming":
        guests = [one for one in members if country_of(collective, one) != home]
        own = frozenset((mission.organiser,))
        return Side(_expanded(collective, [*mission.places, *guests], mission), home, own)
    mine = [one for one in members if country_of(collective, one) != mission.country]
    return Side(
        _expanded(collective, [mission.organiser, *mine], mission),
        mission.country,
        frozenset(mission.places),
    )


async def candidates_of(
    collective: Collective, matchmaker: Matchmaker, mission: Mission, *, now: str
) -> list[Candidate]:
    """Find who could receive a delegation, the best first; each host once.

    Of a delegation that comes here, parties here are found; of one that goes abroad, parties there.

    Args:
        collective: Up to date.
        matchmaker: Over the same collective.
        mission: With its places, delegates and themes.
        now: DateTime text.
    """
    side = sides_of(collective, mission)
    found = [one async for one in _matched(collective, matchmaker, side, now=now)]
    found += _projects(collective, mission, side)
    merged = _merged(_weighed(collective, mission, side, one) for one in found)
    return [one for one in merged if one.host not in side.travellers]


def _expanded(collective: Collective, places: Iterable[str], mission: Mission) -> tuple[str, ...]:
    """Take the cities of a region along: they are what demands and projects are of."""
    found: dict[str, None] = {}
    for name in places:
        found[name] = None
        held = collective.find(name)
        if held is not None and isinstance(held.record, Region):
            found.update(dict.fromkeys(_cities_of(collective, name)))
    themes = set(mission.themes)

    def says(name: str) -> tuple[int, str]:
        own = [
            one
            for reference in collective.referring(name)
            if reference.field == "source_city" and (one := collective.find(reference.source))
        ]
        telling = sum(1 for one in own if not themes or themes & set(one.record.themes))
        return -telling, name

    return tuple(sorted(found, key=says)[:_TRAVELLERS])


def _cities_of(collective: Collective, region: str) -> Iterator[str]:
    for reference in collective.referring(region):
        held = collective.find(reference.source)
        if held is not None and isinstance(held.record, Municipality):
            yield held.record.id


async def _matched(
    collective: Collective, matchmaker: Matchmaker, side: Side, *, now: str
) -> AsyncIterator[Candidate]:
    for kind, asked in _questions(collective, side):
        option = Option(weights=KINDS[kind], top=_TOP, least=_LEAST)
        ranking = await matchmaker.ranking(kind, asked, option, now=now)
        for scored in ranking.matches:
            other = scored.other if ranking.seeks else scored.one
            host = _host(collective, other)
            if host is None or _country_of_host(collective, host) != side.country:
                continue
            yield Candidate(
                host=host,
                kind="visit" if not _is_city(collective, host) else "meeting",
                score=scored.score,
                reasons=_reasons(collective, matchmaker, asked, scored),
                about=tuple(dict.fromkeys((asked, other))),
            )


def _questions(collective: Collective, side: Side) -> Iterator[tuple[str, str]]:
    """Say which records of those who travel are matched with what."""
    count = 0
    for name in side.travellers:
        held = collective.find(name)
        if held is None:
            continue
        for kind in ("city-city", "company-city", "company-lab"):
            if _takes_part(kind, held):
                yield kind, name
        for own in _own(collective, name):
            if count < _RECORDS and _takes_part("demand-solution", own):
                count += 1
                yield "demand-solution", own.record.id


def _own(collective: Collective, name: str) -> Iterator[Held[Record]]:
    """Give the open demands and the solutions of a party."""
    for reference in collective.referring(name):
        held = collective.find(reference.source)
        if held is None or reference.field not in ("source_city", "providers"):
            continue
        record = held.record
        is_open = isinstance(record, Demand) and record.status in ("open", "bundled")
        if is_open or isinstance(record, Solution):
            yield held


def _takes_part(kind: str, held: Held[Record]) -> bool:
    try:
        side_of(kind, held)
    except InvalidInput:
        return False
    return True


def _host(collective: Collective, record_id: str) -> str | None:
    """Name who would be visited: of an offer or a demand, whose it is."""
    held = collective.find(record_id)
    if held is None:
        return None
    record = held.record
    if isinstance(record, Solution):
        return record.providers[0] if record.providers else record.source_city
    if isinstance(record, Demand):
        return record.source_city
    return record.id


def _country_of_host(collective: Collective, host: str) -> str | None:
    """Return the country (id) of who would be visited; of a living lab that of its owners."""
    held = collective.find(host)
    if held is not None and isinstance(held.record, LivingLab):
        owners = (*held.record.owners, held.record.source_city)
        return next((c for one in owners if (c := country_of(collective, one))), None)
    return country_of(collective, host)


def _is_city(collective: Collective, host: str) -> bool:
    held = collective.find(host)
    return held is not None and isinstance(held.record, Municipality | Region)


def _reasons(
    collective: Collective, matchmaker: Matchmaker, asked: str, scored: Scored
) -> dict[str, str]:
    why = matchmaker.reasons(scored)
    held = collective.find(asked)
    if held is None or not isinstance(held.record, Demand | Solution):
        return why
    title = held.record.title
    return {
        tag: f"{text_of(_ASKED, tag).format(text_of(title, tag))} {why.get(tag, '')}".strip()
        for tag in LANGUAGES
    }


def _projects(collective: Collective, mission: Mission, side: Side) -> Iterator[Candidate]:
    """Give projects that share a theme with the mission; proven ones are worth more."""
    themes = set(mission.themes)
    for held in collective.of(Project):
        one = held.record
        host = one.lead or held.city
        shared = themes & set(one.themes)
        if not shared or host is None or one.stage in ("idea", "challenge", "stopped"):
            continue
        if country_of(collective, host) != side.country:
            continue
        yield Candidate(
            host=host,
            kind="visit",
            score=_PROJECT + (_PROVEN if is_proven(one) else 0.0),
            reasons={
                tag: text_of(_SHARED_THEMES, tag).format(text_of(one.title, tag))
                for tag in LANGUAGES
            },
            about=(one.id,),
        )


def _weighed(collective: Collective, mission: Mission, side: Side, one: Candidate) -> Candidate:
    """Let the mission's own themes and places count."""
    records = [held.record for name in (one.host, *one.about) if (held := collective.find(name))]
    themes = {theme for record in records for theme in record.themes}
    more = _THEME if themes & set(mission.themes) else 0.0
    host = collective.find(one.host)
    places: set[str | None] = {one.host}
    if host is not None:
        record = host.record
        places |= {
            host.city,
            getattr(record, "region", None),
            getattr(record, "municipality", None),
        }
    more += _NAMED if places & side.places else 0.0
    return replace(one, score=round(min(1.0, one.score + more), 4))


def _merged(found: Iterable[Candidate]) -> list[Candidate]:
    """Keep one of each host, the best, with what the others are about."""
    best: dict[str, Candidate] = {}
    about: dict[str, dict[str, None]] = {}
    for one in sorted(found, key=lambda c: (-c.score, c.host, c.about)):
        best.setdefault(one.host, one)
        about.setdefault(one.host, {}).update(dict.fromkeys(one.about))
    merged = [replace(one, about=tuple(about[host])[:8]) for host, one in best.items()]
    return sorted(merged, key=lambda one: (-one.score, one.host))
