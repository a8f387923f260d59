"""How far apart records are, which pairs may count, and whether someone linked them already."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.index.reading import references_of
from hanze.collaboration.index.rows import theme_concept
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.needs import Demand, DemandBundle
from hanze.collaboration.records.projects import STUCK_REASONS, Project
from hanze.collaboration.records.record import Record

__all__ = ["Allowed", "Around", "Several"]

#: What two that are alike in everything keep of a surprise, and what each distance adds.
_NEAR: Final = 0.25
_FAR: Final = 0.25

Several = Sequence[Held[Record]]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.integer]


class Allowed(NamedTuple):
    """Which pairs of two sides count.

    Attributes:
        numbers: What of each record decides, as a number; 0 where it is unknown.
        fits: Tells of one number with which others it counts.
    """

    numbers: Callable[[Several], Numbers]
    fits: Callable[[int, Numbers], Mask]


class Around:
    """Where records stand, what they are linked with, and which of them are asked for."""

    def __init__(
        self, collective: Collective, *, record: str | None, city: str | None, theme: str | None
    ) -> None:
        self._collective = collective
        self._record = record
        self._city = city
        self._theme = theme
        self._themes: dict[tuple[str, ...], frozenset[str]] = {}
        self._countries: dict[str, str] = {}
        self._places: dict[str, tuple[str, str, frozenset[str]]] = {}
        self._known = {"": 0}

    def asked(self, held: Held[Record]) -> bool:
        """Whether a record is one of those that are asked for."""
        record = held.record
        if self._record is not None and record.id != self._record:
            return False
        if self._city is not None and held.city != self._city:
            return False
        return self._theme is None or self._theme in {*record.themes, *self.themes(held)}

    @property
    def of_one(self) -> bool:
        """Whether one record is asked for."""
        return self._record is not None

    def is_asked(self, record_id: str) -> bool:
        """Whether exactly this record is asked for."""
        return record_id == self._record

    def country(self, held: Held[Record]) -> str:
        """The country of a record; "" where it is unknown."""
        city = held.city or ""
        if city not in self._countries:
            self._countries[city] = country_of(self._collective, city) or ""
        return self._countries[city]

    def themes(self, held: Held[Record]) -> frozenset[str]:
        """The concepts of a record's themes."""
        named = held.record.themes
        if named not in self._themes:
            found = (theme_concept(theme, self._collective) for theme in named)
            self._themes[named] = frozenset(found)
        return self._themes[named]

    def distance(self, one: Held[Record], other: Held[Record]) -> float:
        """How far two records are apart; what is unknown is not far."""
        city, country, mine = self._place(one)
        other_city, other_country, theirs = self._place(other)
        apart = (
            bool(city and other_city and city != other_city),
            bool(country and other_country and country != other_country),
            bool(mine and theirs and mine.isdisjoint(theirs)),
        )
        return _NEAR + _FAR * sum(apart)

    def _place(self, held: Held[Record]) -> tuple[str, str, frozenset[str]]:
        """City, country and themes of a record, looked up once."""
        found = self._places.get(held.record.id)
        if found is None:
            found = (held.city or "", self.country(held), self.themes(held))
            self._places[held.record.id] = found
        return found

    @property
    def in_other_cities(self) -> Allowed:
        """Pairs of known cities that are not the same."""
        return Allowed(lambda several: self._numbers(several, 0), _apart)

    @property
    def in_other_countries(self) -> Allowed:
        """Pairs of known countries that are not the same."""
        return Allowed(lambda several: self._numbers(several, 1), _apart)

    @property
    def may_differ(self) -> Allowed:
        """All pairs."""
        return Allowed(
            lambda several: np.zeros(len(several), np.int64),
            lambda _, others: np.ones(len(others), np.bool_),
        )

    @property
    def with_same_reason(self) -> Allowed:
        """Pairs that got stuck for one reason at least."""
        return Allowed(_reasons, lambda one, others: (others & one) != 0)

    def _numbers(self, several: Several, which: Literal[0, 1]) -> Numbers:
        """Numbers of the cities or countries of records; 0 is unknown."""
        known = self._known
        names = (self._place(held)[which] for held in several)
        return np.array([known.setdefault(name, len(known)) for name in names], np.int64)

    def entered(self, one: Held[Record], other: Held[Record]) -> bool:
        """Whether someone linked the two: one names the other, or another record names both."""
        here, there = one.record.id, other.record.id
        ours, theirs = set(references_of(one.record)), set(references_of(other.record))
        if here in theirs or there in ours:
            return True
        sources = {reference.source for reference in self._collective.referring(here)}
        if any(reference.source in sources for reference in self._collective.referring(there)):
            return True
        common = (self._collective.find(id_) for id_ in ours & theirs)
        joins = (Demand, DemandBundle, Project)
        return any(held is not None and isinstance(held.record, joins) for held in common)


def _apart(one: int, others: Numbers) -> Mask:
    """Where two numbers are known and differ."""
    apart: Mask = (others != one) & (others != 0) & (one != 0)
    return apart


def _reasons(several: Several) -> Numbers:
    """Why projects are or were stuck, a bit for each reason."""
    bits = {code: 1 << place for place, code in enumerate(STUCK_REASONS)}
    reasons = (getattr(held.record, "stuck_reasons", ()) for held in several)
    return np.array([sum(bits[code] for code in set(codes)) for codes in reasons], np.int64)
