"""Which pairs are no matches at all (`criteria.left_out`), for thousands at once, and why."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from hanze.collaboration.matching.profile import Profile
from hanze.collaboration.matching.table import Mask, Table, Value

__all__ = ["Restrictions"]

#: Of those who seek, most restrict in the same way; what is kept of others is a row of columns.
_KEPT: Final = 512

_Key = tuple[str | None, frozenset[str], frozenset[str], bool | None, bool]


class Restrictions:
    """Tells who of one side each of the other may be matched with.

    Args:
        offering: The side that is told of, as columns.
        seeks: Whether the others seek, and this side offers; else the other way round.
    """

    def __init__(self, offering: Table, *, seeks: bool = True) -> None:
        self._offering = offering
        self._seeks = seeks
        self._kept: dict[_Key, Mask] = {}

    def allowed(self, profile: Profile) -> Mask:
        """Which columns may be matches of a profile; not to be changed."""
        key: _Key = (
            profile.country,
            profile.allowed_countries,
            profile.languages,
            profile.personal_data,
            bool(profile.closed),
        )
        mask = self._kept.get(key)
        if mask is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            mask = np.ones(len(self._offering), np.bool_)
            for _, held in self._refusals(profile):
                mask &= ~held
            self._kept[key] = mask
        linked = self.linked(profile)
        if linked:
            mask = mask.copy()
            mask[linked] = False
        return mask

    def linked(self, profile: Profile) -> list[int]:
        """Columns that are the profile itself, or linked with it already."""
        rows = self._offering.rows
        names = (profile.id, *profile.partners)
        return [*(rows[name] for name in names if name in rows), *self._named(profile)]

    def reasons(self, profile: Profile) -> Mapping[str, int]:
        """Count what is left out, each by the first reason of `criteria.left_out`."""
        rest = np.ones(len(self._offering), np.bool_)
        counts: dict[str, int] = {}
        same = self._offering.rows.get(profile.id)
        if same is not None:
            counts["same"] = 1
            rest[same] = False
        linked = set(self.linked(profile)) - {same}
        if linked:
            counts["linked"] = len(linked)
            rest[list(linked)] = False
        for reason, held in self._refusals(profile):
            found = int(np.count_nonzero(rest & held))
            if found:
                counts[reason] = counts.get(reason, 0) + found
                rest &= ~held
        return counts

    def _named(self, profile: Profile) -> list[int]:
        return self._offering.named.get(profile.id, [])

    def _refusals(self, profile: Profile) -> Iterator[tuple[str, Mask]]:
        """Reasons that depend on what a profile asks for, and the columns for which each holds."""
        there = self._offering
        if profile.closed:
            yield "closed", np.ones(len(there), np.bool_)
        else:
            yield "closed", there.closed
        country, allowed = profile.country, profile.allowed_countries
        if country is not None:
            yield (
                "country",
                self._where("allowed_countries", lambda v: bool(v) and country not in _all(v)),
            )
        if allowed:
            yield "country", self._where("country", lambda v: v is not None and v not in allowed)
        if profile.languages:
            spoken = profile.languages
            yield (
                "language",
                self._where("languages", lambda v: bool(v) and spoken.isdisjoint(_all(v))),
            )
        if self._seeks and profile.personal_data is False:
            yield "personal-data", there.uses_personal
        if not self._seeks and profile.personal_data is True:
            yield "personal-data", there.refuses_personal

    def _where(self, field: str, holds: Callable[[Value], bool]) -> Mask:
        """For which columns something holds of the value of a field."""
        distinct = self._offering.distinct(field)
        of_values = np.array([holds(value) for value in distinct.values], np.bool_)
        mask: Mask = of_values[distinct.numbers]
        return mask


def _all(value: Value) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset()
