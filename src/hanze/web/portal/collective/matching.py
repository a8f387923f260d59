"""Who fits whom: a ranking whose weights the reader sets, with every part of each score shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.agreeing import match_record, save_match
from hanze.collaboration.collective import Held
from hanze.collaboration.matching.criteria import KINDS, weights_for
from hanze.collaboration.matching.rank import Option, Scored
from hanze.collaboration.matchmaking import SIDES, Ranking, side_of, takes_part
from hanze.collaboration.records.record import Record
from hanze.errors import InvalidInput
from hanze.web.portal.collective.desk import Card, Desk
from hanze.web.portal.forms import Given

__all__ = ["PartRow", "part_rows", "show", "take"]

_TOP: Final = 20
_CANDIDATES: Final = 12
#: How much a list is spread over cities, countries and suppliers: what the form offers.
_VARIETY: Final = ("0", "0.2", "0.5")
_LONGEST_NUMBER: Final = 8


@dataclass(frozen=True, slots=True)
class PartRow:
    """One criterion of a score, as a page shows it."""

    criterion: str
    label: str
    score: float | None
    weight: float
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """One match of a ranking."""

    card: Card
    score: float
    parts: tuple[PartRow, ...]
    reasons: tuple[str, ...]
    was: int | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for.

    Attributes:
        weights: Of the form, by criterion.
        must: Criteria to be met whole.
        variety: One of `_VARIETY`.
    """

    kind: str
    weights: Mapping[str, float]
    must: frozenset[str]
    variety: str

    @property
    def own(self) -> bool:
        """Whether the reader set something."""
        return bool(self.must) or self.variety != "0" or dict(self.weights) != KINDS[self.kind]


async def show(desk: Desk) -> Response:
    """Show who fits the record in the address; without one, what there is to choose from."""
    record_id = desk.asked("record")
    held = desk.collective.find(record_id) if record_id else None
    if held is None:
        return _choose(desk, missing=record_id)
    kinds = _kinds_of(held)
    if not kinds:
        return _choose(desk, missing=record_id)
    kind = desk.asked("kind")
    kind = kind if kind in kinds else kinds[0]
    problem: InvalidInput | None = None
    ranking: Ranking | None = None
    asked = _Asked(kind, KINDS[kind], frozenset(), "0")
    try:
        asked = _asked(desk, kind)
        option = Option(weights=asked.weights, must=asked.must, top=_TOP)
        ranking = await desk.visit.site.node.matchmaker.ranking(
            kind, record_id, option, diversity=float(asked.variety), now=desk.visit.now
        )
    except InvalidInput as error:
        problem = error
    return desk.page(
        "matching.html",
        menu="match",
        status=400 if problem else 200,
        subject=desk.card(held),
        kinds=kinds,
        asked=asked,
        criteria=tuple(KINDS[kind]),
        variety=_VARIETY,
        problem=problem,
        considered=ranking.considered if ranking else 0,
        left_out=dict(ranking.left_out) if ranking else {},
        found=_found(desk, ranking) if ranking else (),
    )


async def take(desk: Desk, given: Given) -> Response:
    """Keep a pair as a match, with the score that it has by the weights of the form."""
    kind = given.text("kind")
    weights = weights_for(kind, _numbers({n: given.text(f"w.{n}") for n in KINDS.get(kind, ())}))
    matchmaker = desk.visit.site.node.matchmaker
    now = desk.visit.now
    scored = await matchmaker.score(kind, given.text("one"), given.text("other"), weights, now=now)
    match = match_record(
        desk.collective,
        kind,
        scored,
        matchmaker.reasons(scored),
        today=date.fromisoformat(now[:10]),
    )
    caller = desk.writer(desk.tenant_of(match.source_city))
    await save_match(desk.visit.site.node.store, caller, match, now=now)
    return RedirectResponse(desk.at("/matches") + f"#{match.id.rsplit(':', 1)[-1]}", 303)


def part_rows(desk: Desk, scored: Scored) -> tuple[PartRow, ...]:
    """Make the parts of a score ready to be read."""
    matchmaker = desk.visit.site.node.matchmaker

    def names(evidence: tuple[str, ...]) -> tuple[str, ...]:
        named = (matchmaker.name_of(piece, desk.lang) for piece in evidence)
        return tuple(dict.fromkeys(name for name in named if name))

    return tuple(
        PartRow(
            part.criterion,
            desk.code("criterion", part.criterion),
            part.score,
            part.weight,
            names(part.evidence),
        )
        for part in scored.parts
        if part.weight
    )


def _found(desk: Desk, ranking: Ranking) -> tuple[_Found, ...]:
    was: list[int | None] = [place.was for place in ranking.places]
    found = []
    for scored, place in zip(ranking.matches, was or [None] * len(ranking.matches), strict=True):
        held = desk.collective.find(scored.other if ranking.seeks else scored.one)
        if held is not None:
            reasons = desk.visit.site.node.matchmaker.reasons(scored)[desk.lang]
            found.append(
                _Found(
                    desk.card(held),
                    scored.score,
                    part_rows(desk, scored),
                    tuple(reasons.splitlines()),
                    place,
                )
            )
    return tuple(found)


def _asked(desk: Desk, kind: str) -> _Asked:
    """Read the form.

    Raises:
        InvalidInput: A weight is no number, or makes no sense.
    """
    given = _numbers({name: desk.asked(f"w.{name}") for name in KINDS[kind]})
    must = frozenset(desk.visit.request.query_params.getlist("must"))
    variety = desk.asked("variety")
    return _Asked(
        kind,
        weights_for(kind, given),
        must & KINDS[kind].keys(),
        variety if variety in _VARIETY else "0",
    )


def _numbers(texts: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for name, text in texts.items():
        if not text:
            continue
        try:
            found[name] = float(text[:_LONGEST_NUMBER].replace(",", "."))
        except ValueError as error:
            raise InvalidInput(
                f"The weight of {name} must be a number", field=f"w.{name}", value=text
            ) from error
    return found


def _kinds_of(held: Held[Record]) -> list[str]:
    """Kinds of match in which a record takes part."""
    found = []
    for kind in SIDES:
        try:
            side_of(kind, held)
        except InvalidInput:
            continue
        found.append(kind)
    return found


def _choose(desk: Desk, *, missing: str) -> Response:
    """Offer what can be matched: the newest of the chosen kind, or what a search finds."""
    kind = desk.asked("kind")
    kind = kind if kind in SIDES else "demand-solution"
    types = dict.fromkeys(SIDES[kind])
    text = desk.asked("text")
    several: list[Held[Record]] = []
    if text:
        hits = desk.search.find(text, desk.lang, kinds=list(types), limit=_CANDIDATES * 4)
        several = [hit.held for hit in hits]
    else:
        for one in types:
            several += desk.collective.of(one)
        several.sort(key=lambda held: held.modified_at, reverse=True)
    fitting = [held for held in several if takes_part(kind, held)][:_CANDIDATES]
    return desk.page(
        "matching_choice.html",
        menu="match",
        status=404 if missing else 200,
        missing=missing,
        kind=kind,
        kinds=tuple(SIDES),
        text=text,
        cards=desk.cards(fitting),
    )
