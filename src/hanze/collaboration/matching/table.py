"""Many profiles as columns: what `criteria` says of a pair, for thousands of pairs at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.language.vectors import Vectors
from hanze.collaboration.matching.criteria import OPENNESS_FIT, Around, evidence_strength
from hanze.collaboration.matching.profile import Profile

__all__ = ["Columns", "Floats", "Table"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_NOTHING: Final = np.float32(np.nan)
_OPENNESS: Final = ("", "open", "closed", "either")
_TRL_RANGE: Final = np.float32(4)


class Table:
    """One side of a matching.

    Args:
        profiles: In the order of the rows.
        vectors: What each is about, in the same order, of the model that all tables share.
    """

    def __init__(self, profiles: Sequence[Profile], vectors: Vectors) -> None:
        self.profiles = tuple(profiles)
        self.rows = {profile.id: row for row, profile in enumerate(self.profiles)}
        self.joined = vectors.joined()
        self.trl = _numbers(profile.trl for profile in self.profiles)
        self.trl_minimum = _numbers(profile.trl_minimum for profile in self.profiles)
        self.evidence = np.array([evidence_strength(p) for p in self.profiles], np.float32)
        self.openness = np.array([_openness(p) for p in self.profiles], np.int64)
        self.starts = _numbers(p.starts.toordinal() if p.starts else None for p in self.profiles)
        self.ends = _numbers(p.ends.toordinal() if p.ends else None for p in self.profiles)
        self.closed = np.array([bool(profile.closed) for profile in self.profiles], np.bool_)
        self.refuses_personal = np.array(
            [p.personal_data is False for p in self.profiles], np.bool_
        )
        self.uses_personal = np.array([p.personal_data is True for p in self.profiles], np.bool_)

    def __len__(self) -> int:
        return len(self.profiles)


class Columns:
    """Scores blocks of pairs: rows of a table that seeks, against all of one that offers."""

    def __init__(self, seeking: Table, offering: Table, around: Around) -> None:
        self._seeking = seeking
        self._offering = offering
        self._around = around
        self._sets: dict[str, tuple[Floats, Floats, Floats]] = {}
        self._cities = _Cities(offering.profiles, around)
        #: By the id of who seeks: who offers and says that it is linked with it already.
        self._linking: dict[str, set[str]] = {}
        for profile in offering.profiles:
            for partner in profile.partners:
                self._linking.setdefault(partner, set()).add(profile.id)
        self._compute: Mapping[str, Callable[[slice], Floats]] = {
            "text": self._text,
            "themes": lambda rows: self._coverage(rows, "themes", "themes"),
            "standards": lambda rows: self._coverage(rows, "standards", "standards"),
            "requirements": lambda rows: self._coverage(rows, "requirements", "meets"),
            "groups": lambda rows: self._coverage(rows, "groups", "groups"),
            "openness": self._openness,
            "trl": self._trl,
            "evidence": self._evidence,
            "peers": lambda rows: self._by_city(rows, self._cities.proven),
            "alike": lambda rows: self._by_city(rows, self._cities.own),
            "complement": self._complement,
            "period": self._period,
        }

    def scores(self, criterion: str, rows: slice) -> Floats:
        """Score a criterion for rows of the seeking side: n x m; NaN where it does not count."""
        return self._compute[criterion](rows)

    def allowed(self, rows: slice) -> Mask:
        """Tell which pairs may be matches at all (`criteria.left_out`): n x m."""
        seeking, offering = self._seeking, self._offering
        open_ = ~(seeking.closed[rows, None] | offering.closed[None, :])
        personal = seeking.refuses_personal[rows, None] & offering.uses_personal[None, :]
        mask: Mask = open_ & ~personal & self._countries(rows) & self._languages(rows)
        for number, profile in enumerate(seeking.profiles[rows]):
            linked = {profile.id, *profile.partners}
            linked.update(self._linking.get(profile.id, ()))
            for name in linked & offering.rows.keys():
                mask[number, offering.rows[name]] = False
        return mask

    def _text(self, rows: slice) -> Floats:
        block: Floats = self._seeking.joined[rows] @ self._offering.joined.T
        return np.clip(block, np.float32(0), np.float32(1), out=block)

    def _coverage(self, rows: slice, asked: str, offered: str) -> Floats:
        """Of what is asked for, the part that is offered."""
        there, theirs, size = self._incidence(asked, offered)
        counted = size[rows, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            # What asks for nothing is 0 of 0: nothing to compare.
            part: Floats = (there[rows] @ theirs.T) / counted
        return part

    def _incidence(self, asked: str, offered: str) -> tuple[Floats, Floats, Floats]:
        """Who has what, of all that occurs on both sides; and how much each asks for."""
        name = f"{asked}/{offered}"
        if name not in self._sets:
            wanted = [getattr(profile, asked) for profile in self._seeking.profiles]
            given = [getattr(profile, offered) for profile in self._offering.profiles]
            both = sorted({x for one in wanted for x in one} & {x for one in given for x in one})
            number = {item: column for column, item in enumerate(both)}
            size = np.array([len(one) for one in wanted], np.float32)
            self._sets[name] = _matrix(wanted, number), _matrix(given, number), size
        return self._sets[name]

    def _openness(self, rows: slice) -> Floats:
        return _OPENNESS_TABLE[self._seeking.openness[rows]][:, self._offering.openness]

    def _trl(self, rows: slice) -> Floats:
        asked = self._seeking.trl_minimum[rows, None]
        gap = np.maximum(asked - self._offering.trl[None, :], 0)
        score = np.maximum(0, 1 - gap / _TRL_RANGE)
        # Asked for and not told: not met.
        told: Floats = np.where(np.isnan(self._offering.trl)[None, :], np.float32(0), score)
        return np.where(np.isnan(asked), _NOTHING, told)

    def _evidence(self, rows: slice) -> Floats:
        count = len(self._seeking.profiles[rows])
        return np.broadcast_to(self._offering.evidence, (count, len(self._offering)))

    def _by_city(self, rows: slice, likeness: Callable[[str | None], Floats]) -> Floats:
        found = [likeness(profile.city) for profile in self._seeking.profiles[rows]]
        return np.stack(found) if found else np.zeros((0, len(self._offering)), np.float32)

    def _complement(self, rows: slice) -> Floats:
        gets = self._coverage(rows, "needs", "strengths")
        strong, needing, _ = self._incidence("strengths", "needs")
        sizes = np.array([len(one.needs) for one in self._offering.profiles], np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            gives: Floats = (strong[rows] @ needing.T) / sizes[None, :]
        known = (~np.isnan(gets)).astype(np.float32) + ~np.isnan(gives)
        with np.errstate(invalid="ignore"):
            mean: Floats = (np.nan_to_num(gets) + np.nan_to_num(gives)) / known
        return mean

    def _period(self, rows: slice) -> Floats:
        one, other = self._seeking, self._offering
        starts, ends = one.starts[rows, None], one.ends[rows, None]
        shared = np.minimum(ends, other.ends) - np.maximum(starts, other.starts) + 1
        shorter = np.minimum(ends - starts, other.ends - other.starts) + 1
        part: Floats = np.clip(shared / np.maximum(shorter, 1), 0, 1)
        return part

    def _countries(self, rows: slice) -> Mask:
        seeking = self._seeking.profiles[rows]
        offering = self._offering.profiles
        allowed = _Membership(p.allowed_countries for p in offering)
        from_ = _Membership(p.allowed_countries for p in seeking)
        here = allowed.of([p.country for p in seeking])
        there = from_.of([p.country for p in offering]).T
        mask: Mask = here & there
        return mask

    def _languages(self, rows: slice) -> Mask:
        there, theirs, size = self._incidence("languages", "languages")
        silent = np.array([not profile.languages for profile in self._offering.profiles], np.bool_)
        shared: Mask = (there[rows] @ theirs.T) > 0
        mask: Mask = shared | silent[None, :] | (size[rows, None] == 0)
        return mask


class _Membership:
    """Sets of ids, of which an empty one admits all."""

    def __init__(self, sets: Iterable[frozenset[str]]) -> None:
        self._sets = list(sets)
        self._kept: dict[str | None, Mask] = {}

    def of(self, ids: Sequence[str | None]) -> Mask:
        """Tell for each id (rows) and set (columns) whether the set admits it."""
        for name in set(ids) - self._kept.keys():
            admitted = [not one or name is None or name in one for one in self._sets]
            self._kept[name] = np.array(admitted, np.bool_)
        shape = len(ids), len(self._sets)
        return np.stack([self._kept[name] for name in ids]) if ids else np.zeros(shape, np.bool_)


class _Cities:
    """How alike a city is to those of the offering side: its own, and those of its evidence."""

    def __init__(self, profiles: Sequence[Profile], around: Around) -> None:
        self._around = around
        self._size = len(profiles)
        self._own = [() if p.city is None else (p.city,) for p in profiles]
        self._proven = [
            tuple({piece.city for piece in p.evidence if piece.city and piece.strength})
            for p in profiles
        ]
        self._kept: dict[tuple[str, bool], Floats] = {}

    def own(self, city: str | None) -> Floats:
        return self._best(city, self._own, proven=False)

    def proven(self, city: str | None) -> Floats:
        return self._best(city, self._proven, proven=True)

    def _best(self, city: str | None, places: Sequence[Sequence[str]], *, proven: bool) -> Floats:
        if city is None:
            return np.full(self._size, _NOTHING)
        if (city, proven) not in self._kept:
            distinct = {place for several in places for place in several}
            likeness = {place: self._around.likeness(city, place) for place in distinct}
            found = (
                max((v for place in several if (v := likeness[place]) is not None), default=None)
                for several in places
            )
            self._kept[city, proven] = _numbers(found)
        return self._kept[city, proven]


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.array([_NOTHING if value is None else value for value in values], np.float32)


def _openness(profile: Profile) -> int:
    return _OPENNESS.index(profile.openness) if profile.openness in _OPENNESS else 0


def _matrix(sets: Sequence[frozenset[str]], number: Mapping[str, int]) -> Floats:
    found = np.zeros((len(sets), len(number)), np.float32)
    for row, items in enumerate(sets):
        for item in items:
            if item in number:
                found[row, number[item]] = 1
    return found


def _openness_table() -> Floats:
    table = np.full((len(_OPENNESS), len(_OPENNESS)), _NOTHING)
    for asked, fits in OPENNESS_FIT.items():
        for column, offered in enumerate(_OPENNESS):
            table[_OPENNESS.index(asked), column] = fits.get(offered, 0.0)
    return table


_OPENNESS_TABLE: Final = _openness_table()
