"""Many profiles as columns: what one side of a matching has, for thousands of pairs at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.language.vectors import Vectors
from hanze.collaboration.matching.criteria import evidence_strength
from hanze.collaboration.matching.profile import Profile

__all__ = ["NOTHING", "OPENNESS", "Distinct", "Floats", "Mask", "Table", "Value"]

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int64]

#: What is not told, or not to be compared.
NOTHING: Final = np.float32(np.nan)
OPENNESS: Final = ("", "open", "closed", "either")


Value = str | frozenset[str] | None


class Distinct(NamedTuple):
    """A field as its distinct values: most have one that many others have too.

    Attributes:
        values: Each once.
        numbers: Of the value of each row.
    """

    values: Sequence[Value]
    numbers: Numbers


def _proven(profile: Profile) -> frozenset[str]:
    return frozenset(piece.city for piece in profile.evidence if piece.city and piece.strength)


#: Fields that are looked up by their distinct values.
_FIELDS: Final[Mapping[str, Callable[[Profile], Value]]] = {
    "allowed_countries": lambda profile: profile.allowed_countries,
    "city": lambda profile: profile.city,
    "country": lambda profile: profile.country,
    "groups": lambda profile: profile.groups,
    "languages": lambda profile: profile.languages,
    "meets": lambda profile: profile.meets,
    "needs": lambda profile: profile.needs,
    "proven": _proven,
    "requirements": lambda profile: profile.requirements,
    "standards": lambda profile: profile.standards,
    "strengths": lambda profile: profile.strengths,
    "themes": lambda profile: profile.themes,
}


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

        #: Rows by the id of a partner that they name.
        self.named: dict[str, list[int]] = {}
        for row, profile in enumerate(self.profiles):
            for partner in profile.partners:
                self.named.setdefault(partner, []).append(row)
        self._distinct: dict[str, Distinct] = {}

    def __len__(self) -> int:
        return len(self.profiles)

    def distinct(self, field: str) -> Distinct:
        """A field of all rows, as its distinct values; "proven" is the cities of the evidence."""
        if field not in self._distinct:
            of = _FIELDS[field]
            numbers: dict[Value, int] = {}
            found = [numbers.setdefault(of(one), len(numbers)) for one in self.profiles]
            self._distinct[field] = Distinct(tuple(numbers), np.array(found, np.int64))
        return self._distinct[field]


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.array([NOTHING if value is None else value for value in values], np.float32)


def _openness(profile: Profile) -> int:
    return OPENNESS.index(profile.openness) if profile.openness in OPENNESS else 0
