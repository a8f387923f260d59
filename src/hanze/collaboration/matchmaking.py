"""Matching over the records of the collective: who fits whom, and what was decided about it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import is_
from typing import Final

import msgspec
import numpy as np

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective, Held, RecordNotFound
from hanze.collaboration.language.annotate import Annotation
from hanze.collaboration.language.vectors import TextModel, Vectors
from hanze.collaboration.matching.criteria import KINDS, Around, UnknownKind, left_out
from hanze.collaboration.matching.diversity import Ranked as ToPlace
from hanze.collaboration.matching.diversity import Shortlisted, diversify
from hanze.collaboration.matching.profile import Profile
from hanze.collaboration.matching.rank import Option, Scored, rank_one, score_pair
from hanze.collaboration.matching.reasons import reasons
from hanze.collaboration.matching.table import Table
from hanze.collaboration.profiles import Likeness, Profiles
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import LivingLab
from hanze.collaboration.records.record import Record, text_of
from hanze.errors import InvalidInput

__all__ = ["SIDES", "Matchmaker", "Ranking", "WrongSide", "side_of", "takes_part"]

#: Kind of match → the type that seeks, and the type that offers.
SIDES: Final[Mapping[str, tuple[type[Record], type[Record]]]] = {
    "demand-solution": (Demand, Solution),
    "demand-demand": (Demand, Demand),
    "city-city": (Municipality, Municipality),
    "company-city": (Municipality, Organization),
    "question-researcher": (ResearchQuestion, Organization),
    "company-lab": (LivingLab, Organization),
}
#: Which organisations take part in which kind of match.
_ORGANISATIONS: Final = {
    "company-city": frozenset({"company"}),
    "company-lab": frozenset({"company", "university"}),
    "question-researcher": frozenset({"university", "agency", "network"}),
}
#: Of how much more than is asked for a varied list is made.
_POOL: Final = 5
#: Part of the corpus that may change before words are weighed anew while somebody waits.
_STALE: Final = 0.05
#: Records of a corpus that is weighed anew in the background after any change, so that nodes with
#: the same records soon have the same scores; a larger one changes little by a few records.
_EXACT: Final = 20_000
#: Records that are annotated before others get their turn: some 10 ms.
_SLICE: Final = 25


class WrongSide(InvalidInput):
    """A record is of no type that takes part in this kind of match."""

    def __init__(self, kind: str, record_id: str) -> None:
        one, other = SIDES[kind]
        fitting = [
            name
            for name, sides in SIDES.items()
            if any(f":{side.__name__}:" in record_id for side in sides)
        ]
        hint = f"; for it there is {', '.join(fitting)}" if fitting else ""
        super().__init__(
            f"{kind} matches a {one.__name__} with a {other.__name__}; "
            f"{record_id} is neither{hint}",
            field="record",
            value=record_id,
        )


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best for one party.

    Attributes:
        kind: Of match.
        party: Who asks.
        seeks: Whether it is of the side that seeks.
        matches: The best first; varied, where that was asked for.
        places: What variety moved, in the same order; empty without.
        left_out: How many were left out, by reason.
        considered: How many there were in all.
    """

    kind: str
    party: str
    seeks: bool
    matches: tuple[Scored, ...]
    places: tuple[Shortlisted, ...]
    left_out: Mapping[str, int]
    considered: int


@dataclass(slots=True)
class _State:
    """What rankings are made from, at one version of the collective."""

    version: int
    today: date
    profiles: Profiles
    around: Around
    tables: dict[tuple[str, int], Table]


class Matchmaker:
    """Ranks and scores records; what it keeps at hand follows the collective.

    Args:
        collective: Whose records are matched.
        annotations: What they are about.
    """

    def __init__(self, collective: Collective, annotations: Annotations) -> None:
        self._collective = collective
        self._annotations = annotations
        self._model: TextModel | None = None
        self._fitted: list[Annotation] = []
        self._rows: dict[str, tuple[Annotation, Vectors]] = {}
        self._state: _State | None = None
        self._lock = asyncio.Lock()

    async def ranking(
        self,
        kind: str,
        record_id: str,
        option: Option,
        *,
        diversity: float = 0.0,
        now: str,
    ) -> Ranking:
        """Rank the other side of a kind of match for one record.

        Args:
            kind: One of `SIDES`.
            record_id: Of either side.
            option: Weights and limits.
            diversity: 0 (score alone) to 1; spreads the list over cities, countries, suppliers.
            now: DateTime text.

        Raises:
            UnknownKind: There is no such kind.
            RecordNotFound: The node holds no such record.
            WrongSide: The record takes no part in this kind of match.
            WrongShortlist: `diversity` is out of its range.
        """
        state = await self._ready(now)
        held = self._find(record_id)
        seeks = side_of(kind, held) == 0
        others = await self._table(state, kind, 1 if seeks else 0)
        party = state.profiles.of(held)
        alone = Table([party], self._vectors([party]))
        wanted = option.top
        if diversity:
            option = msgspec.structs.replace(option, top=wanted * _POOL)
        found, left_out = await asyncio.to_thread(
            rank_one, party, alone, others, state.around, option, seeks=seeks
        )
        considered = len(others)
        places: tuple[Shortlisted, ...] = ()
        if diversity:
            places = self._varied(found, others, seeks=seeks, weight=diversity, size=wanted)
            by_id = {scored.other if seeks else scored.one: scored for scored in found}
            found = tuple(by_id[place.id] for place in places)
        return Ranking(kind, record_id, seeks, found, places, left_out, considered)

    async def score(
        self, kind: str, one: str, other: str, weights: Mapping[str, float], *, now: str
    ) -> Scored:
        """Score one pair; the sides are put in order.

        Raises:
            UnknownKind: There is no such kind.
            RecordNotFound: The node holds one of them not.
            WrongSide: They are not of the two sides.
        """
        state = await self._ready(now)
        sides = [(side_of(kind, held), held) for held in (self._find(one), self._find(other))]
        if SIDES[kind][0] is not SIDES[kind][1]:
            if sides[0][0] == sides[1][0]:
                raise WrongSide(kind, other)
            sides.sort(key=lambda side: side[0])
        first, second = (state.profiles.of(held) for _, held in sides)
        return score_pair(first, second, state.around, weights)

    async def scores(
        self,
        kind: str,
        ones: Sequence[str],
        others: Sequence[str],
        weights: Mapping[str, float],
        *,
        now: str,
    ) -> list[Scored]:
        """Score every pair of a programme; pairs that cannot match at all are left out.

        Args:
            kind: One of `SIDES`.
            ones: Ids of one side.
            others: Ids of the other; empty for everybody of `ones` with everybody.
            weights: By criterion.
            now: DateTime text.

        Raises:
            UnknownKind: There is no such kind.
            RecordNotFound: The node holds one of them not.
            WrongSide: One is not of its side.
        """
        state = await self._ready(now)
        first = [self._party(state, kind, name, 0) for name in ones]
        second = [self._party(state, kind, name, 1) for name in others]
        pairs = (
            [(one, other) for one in first for other in second]
            if second
            else [(one, other) for number, one in enumerate(first) for other in first[number + 1 :]]
        )
        found: list[Scored] = []
        for start in range(0, len(pairs), _SLICE):
            found += [
                score_pair(one, other, state.around, weights)
                for one, other in pairs[start : start + _SLICE]
                if not left_out(one, other)
            ]
            await asyncio.sleep(0)
        return found

    def reasons(self, scored: Scored) -> dict[str, str]:
        """Say in three languages why a pair fits, and why not."""
        return reasons(scored.parts, self.name_of)

    def name_of(self, piece: str, language: str) -> str:
        """Say what a piece of evidence is called: a concept, a word, or the title of a record."""
        kind, _, name = piece.partition(":")
        if kind == "concept":
            vocabulary = self._annotations.annotator.vocabulary
            # Synsets of wordnets have numbers, not names.
            return vocabulary.label(name, language) if name in vocabulary.concepts else ""
        if kind == "word":
            return name
        held = self._collective.find(piece)
        return text_of(held.record.title, language) if held is not None else piece

    async def prepare(self, now: str) -> None:
        """Bring what is kept up to date, so that the next ranking need not.

        Scores are then those of the records that are there, whatever was there before.
        """
        async with self._lock:
            await self._collective.refresh(now)
            await self._annotate(exactly=True)
        await self._ready(now)

    def _find(self, record_id: str) -> Held[Record]:
        held = self._collective.find(record_id)
        if held is None:
            raise RecordNotFound(record_id)
        return held

    def _party(self, state: _State, kind: str, name: str, side: int) -> Profile:
        held = self._find(name)
        found = side_of(kind, held)
        if found != side and SIDES[kind][0] is not SIDES[kind][1]:
            raise WrongSide(kind, name)
        return state.profiles.of(held)

    async def _ready(self, now: str) -> _State:
        async with self._lock:
            collective = await self._collective.refresh(now)
            today = date.fromisoformat(now[:10])
            state = self._state
            if state is not None and (state.version, state.today) == (collective.version, today):
                return state
            version = collective.version
            await self._annotate()
            model = self._model
            if model is None:
                raise RuntimeError("annotating leaves a model")
            profiles = Profiles(collective, self._annotations, today)
            around = Around(model, Likeness(collective))
            self._state = _State(version, today, profiles, around, {})
            return self._state

    async def _annotate(self, *, exactly: bool = False) -> None:
        """Annotate what takes part, and weigh words anew when much of it changed.

        Args:
            exactly: When anything did.
        """
        kinds = dict.fromkeys(kind for sides in SIDES.values() for kind in sides)
        several = [held for kind in kinds for held in self._collective.of(kind)]
        await self._annotations.prepare(several)
        changed = abs(len(several) - len(self._fitted))
        if exactly and len(several) <= _EXACT:
            found = await asyncio.to_thread(self._annotations.every, several)
            differs = changed > 0 or not all(map(is_, found, self._fitted))
        else:
            differs = changed > max(_STALE * len(self._fitted), 1)
        if self._model is None or differs:
            self._fitted = await asyncio.to_thread(self._annotations.every, several)
            self._model = await asyncio.to_thread(TextModel.fit, self._fitted)
            self._rows.clear()
            self._state = None

    async def _table(self, state: _State, kind: str, side: int) -> Table:
        if (kind, side) not in state.tables:
            several = [h for h in self._collective.of(SIDES[kind][side]) if takes_part(kind, h)]
            profiles: list[Profile] = []
            for start in range(0, len(several), _SLICE):
                profiles += [state.profiles.of(held) for held in several[start : start + _SLICE]]
                await asyncio.sleep(0)
            state.tables[kind, side] = await asyncio.to_thread(self._made_table, profiles)
        return state.tables[kind, side]

    def _made_table(self, profiles: Sequence[Profile]) -> Table:
        return Table(profiles, self._vectors(profiles))

    def _vectors(self, profiles: Sequence[Profile]) -> Vectors:
        """Rows of profiles; those whose texts stayed as they were are not made again."""
        if self._model is None:
            raise RuntimeError("texts are annotated before rows are made of them")
        missing = [p for p in profiles if self._kept_row(p) is None]
        if missing:
            made = self._model.vectors([profile.about for profile in missing])
            for number, profile in enumerate(missing):
                self._rows[profile.id] = profile.about, made[number : number + 1]
        rows = [self._rows[profile.id][1] for profile in profiles]
        if not rows:
            return self._model.vectors([])
        return Vectors(
            np.concatenate([row.concepts for row in rows]),
            np.concatenate([row.lemmas for row in rows]),
            np.concatenate([row.embeddings for row in rows]),
            blend=rows[0].blend,
        )

    def _kept_row(self, profile: Profile) -> Vectors | None:
        kept = self._rows.get(profile.id)
        return kept[1] if kept is not None and kept[0] == profile.about else None

    @staticmethod
    def _varied(
        found: Iterable[Scored], others: Table, *, seeks: bool, weight: float, size: int
    ) -> tuple[Shortlisted, ...]:
        pool = []
        for scored in found:
            name = scored.other if seeks else scored.one
            profile = others.profiles[others.rows[name]]
            aspects = {
                "city": profile.city,
                "country": profile.country,
                "supplier": profile.supplier,
            }
            known = {aspect: value for aspect, value in aspects.items() if value is not None}
            pool.append(ToPlace(name, scored.score, known))
        return diversify(pool, weight=weight, size=size)


def side_of(kind: str, held: Held[Record]) -> int:
    """Tell on which side of a kind of match a record stands: 0 seeks, 1 offers.

    Raises:
        UnknownKind: There is no such kind.
        WrongSide: It stands on neither.
    """
    if kind not in KINDS:
        raise UnknownKind(kind)
    for side, expected in enumerate(SIDES[kind]):
        if isinstance(held.record, expected) and takes_part(kind, held):
            return side
    raise WrongSide(kind, held.record.id)


def takes_part(kind: str, held: Held[Record]) -> bool:
    """Tell whether a record takes part: of organisations only some kinds do."""
    record = held.record
    return not isinstance(record, Organization) or record.kind in _ORGANISATIONS.get(kind, ())
