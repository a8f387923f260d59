"""Front doors of those whom a city is for: a resident begins with a district, a partner with a problem."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from starlette.responses import Response

from hanze.collaboration.districts import District, Voice, voices
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import BestPractice, Solution
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.projects import LivingLab, Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_IRIS
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.residents import contributions
from hanze.errors import InvalidInput
from hanze.web.portal.collective.contribution_form import districts_here
from hanze.web.portal.collective.describing import described
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.doors import city_of
from hanze.web.portal.collective.wording import Said, said_in
from hanze.web.portal.filters import Filters
from hanze.web.portal.listing import selected
from hanze.web.portal.reading import kinds_of, selection
from hanze.web.portal.rows import row_of
from hanze.web.portal.values import Row

__all__ = ["partner", "resident"]

_IDEAS, _MEASURED, _FOUND = 8, 8, 12
_YEAR: Final = timedelta(days=365)
#: What is looked for, group by group.
_SOUGHT: Final[tuple[tuple[str, tuple[type[Record], ...]], ...]] = (
    ("solutions", (Solution, BestPractice)),
    ("projects", (Project,)),
    ("demands", (Demand,)),
    ("places", (LivingLab, Organization)),
)


async def resident(desk: Desk) -> Response:
    """What is measured nearby, what became of ideas, and which districts are silent."""
    every = await districts_here(desk)
    district = next((one for one in every if one.id == desk.asked("district")), None)
    city = city_of(desk)
    if city is None and district is not None and district.city:
        city = desk.link(district.city)
    here = [one for one in every if city is None or one.city in (None, city.id)]
    ideas = contributions(
        desk.collective,
        city=city.id if city is not None and district is None else None,
        district=district.id if district is not None else None,
    )
    newest = sorted(ideas, key=lambda one: (one.date, one.record.id), reverse=True)
    heard = voices(desk.collective, here, since=desk.today - _YEAR, today=desk.today)
    return desk.page(
        "resident.html",
        menu="resident",
        door="resident",
        city=city,
        district=district,
        district_name=said_in(district.name, desk.lang) if district is not None else Said(""),
        districts=[(one.id, said_in(one.name, desk.lang).text) for one in here],
        measured=await _measured(desk, district),
        ideas=[(desk.card(one), _outcome(desk, one.record)) for one in newest[:_IDEAS]],
        total_ideas=len(ideas),
        silent=_silent(desk, heard),
    )


async def partner(desk: Desk) -> Response:
    """Solutions and projects for a problem in somebody's own words, whichever city has them."""
    problem = desk.asked("problem")
    groups = []
    if problem:
        for key, kinds in _SOUGHT:
            hits = described(desk, problem, kinds, limit=_FOUND)
            cards = [desk.card(hit.held, hit.matches) for hit in hits]
            groups.append((key, cards))
    return desk.page(
        "partner.html",
        menu="partner",
        door="partner",
        problem=problem,
        groups=groups,
        any_found=any(cards for _, cards in groups),
        pending=desk.search.pending,
    )


async def _measured(desk: Desk, district: District | None) -> list[Row]:
    """Read what is measured within a district: one of each kind, so that no kind hides the others."""
    if district is None:
        return []
    visit = desk.visit
    reader, surroundings = await visit.reader()
    try:
        query = await selected(visit, reader, surroundings, Filters(district=district.id))
    except InvalidInput:
        return []
    rows: list[Row] = []
    for kind in kinds_of(reader.summary()):
        if kind.layer is None and kind.iri not in RECORD_IRIS and len(rows) < _MEASURED:
            one = replace(query, types=selection((kind.iri,)), limit=1, count=False)
            rows += [row_of(visit, entity) for entity in await reader.page(one)]
    return rows


def _outcome(desk: Desk, contribution: Contribution) -> tuple[Said, Link | None]:
    became = desk.link(contribution.became) if contribution.became else None
    return desk.text(contribution.outcome), became


@dataclass(frozen=True, slots=True)
class _Silent:
    """A district from which little comes.

    Attributes:
        id: Of the district.
        name: Its name.
        city: Of which it is a part.
        state: "silent" or "quiet".
        said: What the city does about it.
    """

    id: str
    name: Said
    city: Link | None
    state: str
    said: tuple[Said, ...]


def _silent(desk: Desk, heard: Sequence[Voice]) -> list[_Silent]:
    return [
        _Silent(
            voice.district.id,
            said_in(voice.district.name, desk.lang),
            desk.link(voice.district.city) if voice.district.city else None,
            voice.state,
            tuple(desk.text(update.record.text) for update in voice.updates[:1]),
        )
        for voice in heard
        if voice.state in ("silent", "quiet")
    ]
