"""Korean places of a register and of later boundaries, joined by code and by name (pure).

Codes are KOSTAT's: two digits for a province or metropolitan city (sido), five for what is below: a
city (si), county (gun) or district (gu). A fifth digit other than 0 is a district of a city that is
below a province: it governs not itself, and is named after its city in the boundaries (수원시장안구).

Between the years some places were renamed, raised or merged:

- the same code: the same place;
- another code, the same province and name but for the kind (여주군, 여주시): a county that was raised to
  a city, over the same land, so that its population of the register holds;
- another code, the same province and name (청주시): the place was merged with others or divided, so that
  the population of the register is that of another area, and this one's is unknown;
- else it exists in one of the two only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import shapely

__all__ = ["KINDS", "Bounded", "Change", "Listed", "Place", "join", "parent_city", "sido_of"]

KINDS: Final = {"시": "si", "군": "gun", "구": "gu"}

_SIDO: Final = 2
_BELOW: Final = 5


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of the register."""

    code: str
    ko: str
    en: str
    population: int | None


@dataclass(frozen=True, slots=True)
class Bounded:
    """A boundary."""

    code: str
    ko: str
    en: str
    shape: shapely.Geometry


@dataclass(frozen=True, slots=True)
class Place:
    """A place as both tell it.

    Attributes:
        code: The latest.
        population: Of the register's year, where the place is still the same.
        shapes: Of itself, or of all its districts; empty without boundary.
        former: The row of the register, where the place has another code now.
        listed: Whether the register knows it.
    """

    code: str
    ko: str
    en: str
    population: int | None
    shapes: tuple[shapely.Geometry, ...] = ()
    former: Listed | None = None
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a place between the register and the boundaries, for the report."""

    code: str
    ko: str
    what: str


def sido_of(code: str) -> str:
    """Return the code of the province or metropolitan city that a place is in."""
    return code[:_SIDO]


def parent_city(code: str) -> str | None:
    """Return the code of the city that a district belongs to; `None` for what governs itself."""
    if len(code) == _BELOW and code[-1] != "0":
        return code[:-1] + "0"
    return None


def join(
    register: Sequence[Listed], boundaries: Sequence[Bounded]
) -> tuple[list[Place], list[Change]]:
    """Join the places of one level and below: everything but provinces and metropolitan cities."""
    listed = {one.code: one for one in register}
    bounded = {one.code: one for one in [*boundaries, *_cities(boundaries)]}
    former, changes = _moved(listed, bounded)
    gone = {one.code for one in former.values()}
    places: list[Place] = []
    for code in sorted(listed.keys() - gone | bounded.keys()):
        here, there = listed.get(code), bounded.get(code)
        before = former.get(code)
        if here is None and before is None:
            changes.append(Change(code, _own_name(there), "in the boundaries only"))
        elif there is None:
            changes.append(Change(code, listed[code].ko, "in the register only"))
        places.append(_place(code, here, there, before))
    return places, changes


def _place(code: str, here: Listed | None, there: Bounded | None, before: Listed | None) -> Place:
    shapes = (there.shape,) if there is not None else ()
    if here is not None:
        return Place(code, here.ko, here.en, here.population, shapes)
    if there is None:  # a place is in one of the two
        raise ValueError(code)
    ko = _own_name(there)
    en = _own_english(there, ko)
    if before is None:
        return Place(code, ko, en, None, shapes, listed=False)
    if before.ko == ko:
        return Place(code, ko, before.en, None, shapes, before, listed=False)
    return Place(code, ko, f"{_stem(before.en)}-{KINDS[ko[-1]]}", before.population, shapes, before)


def _cities(boundaries: Sequence[Bounded]) -> Iterator[Bounded]:
    """Make the boundary of a city out of those of its districts."""
    own = {one.code for one in boundaries}
    parts: dict[str, list[Bounded]] = {}
    for one in boundaries:
        city = parent_city(one.code)
        if city is not None and city not in own:
            parts.setdefault(city, []).append(one)
    for code, districts in parts.items():
        ko = _city_name(districts[0].ko)
        whole = shapely.union_all([one.shape for one in districts])
        yield Bounded(code, ko, "", whole)


def _moved(
    listed: Mapping[str, Listed], bounded: Mapping[str, Bounded]
) -> tuple[dict[str, Listed], list[Change]]:
    """Find what places with a new code were before: new code → row of the register."""
    lost = [one for code, one in listed.items() if code not in bounded]
    former: dict[str, Listed] = {}
    changes: list[Change] = []
    for code in sorted(bounded.keys() - listed.keys()):
        ko = _own_name(bounded[code])
        before = _before(code, ko, lost)
        if before is None:
            continue
        former[code] = before
        same = before.ko == ko
        what = "another area under the same name" if same else f"was {before.ko}"
        changes.append(Change(code, ko, f"{what}, code {before.code}"))
    return former, changes


def _before(code: str, ko: str, lost: Sequence[Listed]) -> Listed | None:
    """Find the one place of the same level in the same province that had the name, or its stem."""
    district = parent_city(code) is not None
    near = [
        one
        for one in lost
        if sido_of(one.code) == sido_of(code) and (parent_city(one.code) is not None) == district
    ]
    for found in (
        [one for one in near if one.ko == ko],
        [one for one in near if one.ko[:-1] == ko[:-1] and ko[-1] in KINDS],
    ):
        if len(found) == 1:
            return found[0]
    return None


def _own_name(bounded: Bounded | None) -> str:
    """Take the name of its city off a district's: 수원시장안구 → 장안구."""
    if bounded is None:
        return ""
    city = _city_name(bounded.ko) if parent_city(bounded.code) else ""
    return bounded.ko.removeprefix(city)


def _city_name(ko: str) -> str:
    head, mark, rest = ko.partition("시")
    return head + mark if rest else ""


def _own_english(bounded: Bounded, ko: str) -> str:
    """Write a name with its kind apart: Cheongjusiseowongu → Seowon-gu, Sejongsi → Sejong-si."""
    en = bounded.en
    if parent_city(bounded.code) and "si" in en[:-2]:
        en = en.partition("si")[2].capitalize() if _city_name(bounded.ko) else en
    kind = KINDS.get(ko[-1:], "")
    if kind and en.endswith(kind) and not en.endswith("-" + kind):
        en = f"{en.removesuffix(kind)}-{kind}"
    return en


def _stem(en: str) -> str:
    return en.rpartition("-")[0] or en
