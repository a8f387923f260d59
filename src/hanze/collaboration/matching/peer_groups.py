"""Groups of peers for a theme: 5 to 15 cities that lie close together.

After the peer city groups of the Federal Reserve Bank of Chicago: clusters for a theme instead of
one ranking of all. Average linkage (Sokal and Michener, 1958), in which only groups that are too
small still merge and none becomes too large: the same cities give the same groups in any order.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.matching.peers import (
    CityProfile,
    Scales,
    WrongPeerOption,
    measures,
    on_scale,
)

__all__ = ["GroupMember", "GroupTrait", "PeerGroup", "PeerGroups", "Ungrouped", "peer_groups"]

_Matrix = NDArray[np.float64]


class Ungrouped(enum.StrEnum):
    """Why a city is in no group."""

    TOO_LITTLE_KNOWN = "too-little-known"  # fewer features than asked
    TOO_FEW_CITIES = "too-few-cities"  # the theme has fewer cities than the smallest group


class GroupMember(msgspec.Struct, frozen=True):
    """A city in a group, and its mean distance to the others in spreads of the corpus."""

    id: str
    distance: float


class GroupTrait(msgspec.Struct, frozen=True):
    """What a group has in common on one feature.

    Attributes:
        code: Of the feature.
        lowest: Value of the lowest member of which it is known.
        highest: Value of the highest.
        known: Number of members of which it is known.
        apart: Mean distance between two of them, in spreads of the corpus; near 0 is alike.
    """

    code: str
    lowest: float
    highest: float
    known: int
    apart: float


class PeerGroup(msgspec.Struct, frozen=True):
    """Cities that lie close together.

    Attributes:
        typical: The member closest to all others.
        members: All, the typical one first, then by distance.
        traits: By feature that is known of two or more, the most alike first.
    """

    typical: str
    members: tuple[GroupMember, ...]
    traits: tuple[GroupTrait, ...]


class PeerGroups(msgspec.Struct, frozen=True):
    """The groups of a theme, and who is in none with the reason."""

    theme: str | None
    groups: tuple[PeerGroup, ...]
    ungrouped: Mapping[str, Ungrouped]


def peer_groups(
    profiles: Iterable[CityProfile],
    scales: Scales,
    *,
    theme: str | None = None,
    smallest: int = 5,
    largest: int = 15,
    least_features: int = 2,
) -> PeerGroups:
    """Group the cities that work on a theme, or all of them.

    Args:
        profiles: With unique ids.
        scales: Of the corpus that distances are measured in.
        theme: Id; only cities that have it among their themes. None for all cities.
        smallest: Fewest cities in a group.
        largest: Most; at least twice the smallest less one, or not everybody could be placed.
        least_features: A city with fewer known features is in no group.

    Raises:
        WrongPeerOption: The sizes do not allow it, or an id stands twice.
    """
    if smallest < 1 or largest < 2 * smallest - 1:
        raise WrongPeerOption(
            "largest must be at least twice smallest less one, and smallest at least 1",
            field="largest",
            value=largest,
        )
    cities = sorted(
        (one for one in profiles if theme is None or theme in one.themes), key=lambda one: one.id
    )
    if len({city.id for city in cities}) < len(cities):
        raise WrongPeerOption("A city stands twice among those to group", field="profiles")
    table = _table(cities, scales)
    known = (~np.isnan(table)).sum(axis=1) >= max(least_features, 1)
    ungrouped = {
        city.id: Ungrouped.TOO_LITTLE_KNOWN
        for city, enough in zip(cities, known, strict=True)
        if not enough
    }
    cities = [city for city, enough in zip(cities, known, strict=True) if enough]
    if len(cities) < smallest:
        ungrouped.update((city.id, Ungrouped.TOO_FEW_CITIES) for city in cities)
        return PeerGroups(theme, (), dict(sorted(ungrouped.items())))
    distances = _distances(table[known])
    groups = [
        _described(members, cities, distances, scales)
        for members in _clusters(distances, smallest, largest)
    ]
    return PeerGroups(theme, tuple(sorted(groups, key=lambda one: one.typical)), ungrouped)


def _table(cities: Sequence[CityProfile], scales: Scales) -> _Matrix:
    """Write cities as rows and features as columns, in spreads; not-a-number where unknown."""
    table = np.full((len(cities), len(scales.spread)), np.nan)
    for row, city in enumerate(cities):
        known = measures(city)
        for column, (code, spread) in enumerate(scales.spread.items()):
            if code in known:
                table[row, column] = on_scale(code, known[code]) / spread
    return table


def _distances(table: _Matrix) -> _Matrix:
    """Take the mean distance over the features that two cities both have.

    Cities that share none count as farther apart than any that do.
    """
    total = np.zeros((len(table), len(table)))
    shared = np.zeros_like(total)
    for column in table.T:
        apart = np.abs(column[:, None] - column[None, :])
        both = ~np.isnan(apart)
        total[both] += apart[both]
        shared += both
    distances = np.divide(total, shared, out=np.full_like(total, np.nan), where=shared > 0)
    farthest = np.nanmax(distances)
    return np.where(np.isnan(distances), 2 * farthest + 1, distances)


def _clusters(distances: _Matrix, smallest: int, largest: int) -> list[list[int]]:
    """Merge the closest two, one of them too small and both together not too large, until none is.

    Where a small group finds only full ones, the nearest city of another comes over: a group that
    could not take it in has enough members to miss one.
    """
    between = distances.copy()
    np.fill_diagonal(between, np.inf)
    members = [[row] for row in range(len(distances))]
    reach = np.full(len(distances), np.inf)
    nearest = np.zeros(len(distances), dtype=np.intp)
    changed: Iterable[int] = range(len(distances))
    while True:
        sizes = np.array([len(some) for some in members])
        small = np.flatnonzero((sizes > 0) & (sizes < smallest))
        if not len(small):
            return [some for some in members if some]
        for row in small[np.isin(small, list(changed))]:
            fits = (sizes > 0) & (sizes + sizes[row] <= largest)
            open_to = np.where(fits, between[row], np.inf)
            nearest[row] = np.argmin(open_to)
            reach[row] = open_to[nearest[row]]
        one = int(small[np.argmin(reach[small])])
        two = int(nearest[one])
        if np.isfinite(reach[one]):
            joined = sizes[one] * between[one] + sizes[two] * between[two]
            between[one] = between[:, one] = joined / (sizes[one] + sizes[two])
            between[one, one] = np.inf
            members[one] += members[two]
            members[two] = []
            # A mean of two distances is no less than the lower: only who was nearest to one of the
            # two must look again.
            changed = [one, *np.flatnonzero((nearest == one) | (nearest == two)).tolist()]
        else:
            _bring_over(distances, between, members, one, smallest)
            changed = range(len(distances))


def _bring_over(
    distances: _Matrix, between: _Matrix, members: list[list[int]], one: int, smallest: int
) -> None:
    """Move the city nearest to group `one` there, out of a group that is large enough."""
    offered = sorted(
        (float(distances[city, members[one]].mean()), city, group)
        for group, some in enumerate(members)
        if len(some) > smallest
        for city in some
    )
    _, city, group = offered[0]
    members[group].remove(city)
    members[one].append(city)
    for changed in (one, group):
        for other, some in enumerate(members):
            if some and other != changed:
                mean = distances[np.ix_(members[changed], some)].mean()
                between[changed, other] = between[other, changed] = mean


def _described(
    members: Sequence[int], cities: Sequence[CityProfile], distances: _Matrix, scales: Scales
) -> PeerGroup:
    inside = distances[np.ix_(members, members)]
    means = inside.sum(axis=1) / max(len(members) - 1, 1)
    listed = sorted(
        (
            GroupMember(cities[row].id, float(mean))
            for row, mean in zip(members, means, strict=True)
        ),
        key=lambda member: (member.distance, member.id),
    )
    known = [measures(cities[row]) for row in members]
    traits = [
        _trait(code, spread, values)
        for code, spread in scales.spread.items()
        for values in [[one[code] for one in known if code in one]]
        if len(values) > 1
    ]
    traits.sort(key=lambda trait: (trait.apart, trait.code))
    return PeerGroup(listed[0].id, tuple(listed), tuple(traits))


def _trait(code: str, spread: float, values: Sequence[float]) -> GroupTrait:
    placed = np.array([on_scale(code, value) for value in values])
    pairs = len(values) * (len(values) - 1)
    apart = float(np.abs(placed[:, None] - placed[None, :]).sum()) / pairs / spread
    return GroupTrait(code, min(values), max(values), len(values), apart)
