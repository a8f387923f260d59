"""Records that may be the same thing twice: proposed with reasons, never merged by themselves (pure).

Only records of one type are compared, and of those only what shares something rare: an address, a
number in a register, or two of their rarest words. So the work grows with the number of records, not
with its square.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from hanze.collaboration.records.cooperation import (
    AccordSignature,
    Cooperation,
    CooperationStep,
    CountryLead,
    Mentorship,
)
from hanze.collaboration.records.gatherings import CityStory, Participation
from hanze.collaboration.records.missions import Mission, MissionReport, TravelPermission
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Label, Record

__all__ = ["LEAST", "Duplicate", "Likeness", "find_duplicates", "titles_alike"]

#: Score from which a pair is proposed.
LEAST: Final = 0.7

#: Words of a record that are looked up, its rarest ones, and how many two must share.
_RARE: Final = 8
_SHARED: Final = 2
#: What more records have in common than this makes none of them the same.
_BLOCK: Final = 40

_WORD: Final = re.compile(r"[^\W_]+")
_HANGUL: Final = re.compile(r"[\uac00-\ud7a3]+")
#: Score of texts from which a common address makes a pair.
_CALLED_ALIKE: Final = 0.4
_NEAR_KM: Final = 15.0
_FAR_KM: Final = 40.0
_KM_PER_DEGREE: Final = 111.2

#: Codes that one thing has once: equal ones make a pair, other ones make none.
_CODES: Final = ("cbs_code", "kostat_code", "iso_code", "notation", "identifier", "registration")

#: By type: what tells two records apart whatever they are called, as each side keeps its own.
_APART: Final[Mapping[type[Record], tuple[str, ...]]] = {
    AccordSignature: ("accord", "party"),
    CityStory: ("presentation", "city"),
    Cooperation: ("party", "partner"),
    CooperationStep: ("cooperation", "step", "due"),
    CountryLead: ("theme", "country", "partner_country"),
    Mentorship: ("mentor", "student"),
    Mission: ("direction", "organiser"),
    MissionReport: ("mission",),
    Participation: ("day", "party"),
    TravelPermission: ("mission", "number"),
}


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two records may be the same.

    Attributes:
        kind: "code", "address", "title", "description", "city", "near".
        value: What they share, or how alike it is.
    """

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two records of a type that may be the same.

    Attributes:
        one: Id of the one that was there first, in the order of the records.
        other: Id.
        score: 0 to 1.
        reasons: The strongest first.
    """

    one: str
    other: str
    score: float
    reasons: tuple[Likeness, ...]


def find_duplicates(
    records: Sequence[Record], *, least: float = LEAST, among: frozenset[str] | None = None
) -> list[Duplicate]:
    """Propose pairs of records that may be the same, the surest first.

    Args:
        records: Of any types.
        least: Score from which a pair is proposed.
        among: Ids of which a pair must have one; `None` for all.
    """
    kinds: dict[type[Record], list[Record]] = {}
    for record in records:
        kinds.setdefault(type(record), []).append(record)
    found: list[Duplicate] = []
    for some in kinds.values():
        profiles = [_Profile(record) for record in some]
        for one, other in _candidates(profiles):
            if among is not None and among.isdisjoint((one.record.id, other.record.id)):
                continue
            pair = _compared(one, other)
            if pair is not None and pair.score >= least:
                found.append(pair)
    return sorted(found, key=lambda pair: (-pair.score, pair.one, pair.other))


def titles_alike(one: Label, other: Label) -> float:
    """Tell how alike two titles are, 0 to 1, in whichever of their languages that is most."""
    mine, theirs = (
        {" ".join(_words(text)) for text in label.values()} - {""} for label in (one, other)
    )
    return max((_alike(a, b) for a in mine for b in theirs), default=0.0)


class _Profile:
    """What of a record is compared."""

    __slots__ = ("addresses", "codes", "description", "record", "title", "titles", "words")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.titles = tuple(dict.fromkeys(" ".join(_words(t)) for t in record.title.values()))
        self.title = frozenset(word for text in record.title.values() for word in _words(text))
        self.description = frozenset(
            word for text in record.description.values() for word in _words(text)
        )
        self.words = self.title | self.description
        self.addresses = frozenset(_addresses(record))
        self.codes = dict(_codes(record))


def _words(text: str) -> Iterator[str]:
    """Give words in lower case; Korean ones as pairs of syllables, since endings vary."""
    for word in _WORD.findall(text.casefold()):
        if _HANGUL.fullmatch(word) and len(word) > 2:
            yield from (word[place : place + 2] for place in range(len(word) - 1))
        else:
            yield word


def _addresses(record: Record) -> Iterator[str]:
    for address in (getattr(record, "website", None), *record.see_also):
        parts = urlsplit(address) if isinstance(address, str) else None
        # The front page of an organisation is the address of everything that it does.
        if parts is not None and (parts.path.strip("/") or parts.query):
            host = (parts.hostname or "").removeprefix("www.")
            yield f"{host}{parts.path.rstrip('/')}?{parts.query}"


def _codes(record: Record) -> Iterator[tuple[str, str]]:
    for name in _CODES:
        code = getattr(record, name, None)
        if isinstance(code, str):
            yield name, code.casefold()
    tender = record.tender if isinstance(record, Demand) else None
    if tender is not None and tender.ocid:
        yield "ocid", tender.ocid


def _candidates(profiles: Sequence[_Profile]) -> Iterator[tuple[_Profile, _Profile]]:
    """Give pairs that share something rare; each once, the first one first."""
    blocks = _blocks(profiles)
    for place, profile in enumerate(profiles):
        shared: Counter[int] = Counter()
        for key, weight in _keys(profile, blocks.rare[place], blocks):
            for other in blocks.members[key]:
                if other > place:
                    shared[other] += weight
        for other, count in shared.items():
            if count >= _SHARED:
                yield profile, profiles[other]


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Which records share what: a key → places of its records; and each record's rarest words."""

    members: Mapping[str, Sequence[int]]
    rare: Sequence[Sequence[str]]


def _blocks(profiles: Sequence[_Profile]) -> _Blocks:
    counts = Counter(word for profile in profiles for word in profile.words)
    members: dict[str, list[int]] = defaultdict(list)
    rare: list[list[str]] = []
    for place, profile in enumerate(profiles):
        several = [word for word in profile.words if 1 < counts[word] <= _BLOCK]
        own = sorted(several, key=lambda word: (word not in profile.title, counts[word], word))
        rare.append(own[:_RARE])
        for key in (*rare[-1], *_exact(profile)):
            members[key].append(place)
    return _Blocks(members, rare)


def _exact(profile: _Profile) -> Iterator[str]:
    """Give what makes a pair by itself."""
    yield from (f"address {address}" for address in profile.addresses)
    yield from (f"{name} {code}" for name, code in profile.codes.items())
    yield from (f"title {title}" for title in profile.titles if title)


def _keys(profile: _Profile, rare: Sequence[str], blocks: _Blocks) -> Iterator[tuple[str, int]]:
    for key in _exact(profile):
        if len(blocks.members[key]) <= _BLOCK:
            yield key, _SHARED
    few = len(profile.title) <= _SHARED
    for word in rare:
        yield word, _SHARED if few and word in profile.title else 1


def _compared(one: _Profile, other: _Profile) -> Duplicate | None:
    """Compare two records; `None` where they cannot be the same."""
    shared = [name for name in one.codes if name in other.codes]
    equal = [name for name in shared if one.codes[name] == other.codes[name]]
    if (shared and not equal) or _are_apart(one.record, other.record):
        return None
    distance = _distance_km(one.record, other.record)
    if (
        distance is not None
        and distance > _FAR_KM
        and isinstance(one.record, Municipality | Region | Country)
    ):
        return None
    reasons: list[tuple[float, Likeness]] = []
    score = _texts(one, other, reasons)
    score += _places(one.record, other.record, distance, reasons)
    addresses = one.addresses & other.addresses
    if addresses:
        # One address may be the list of many things: what is called alike counts more.
        score += 0.25 if score >= _CALLED_ALIKE else 0.1
        reasons.append((0.8, Likeness("address", min(addresses).rstrip("?"))))
    if equal:
        score = max(score, 0.95)
        reasons.append((1.0, Likeness("code", one.codes[equal[0]])))
    ordered = sorted(reasons, key=lambda reason: -reason[0])
    return Duplicate(
        one.record.id,
        other.record.id,
        round(max(0.0, min(1.0, score)), 3),
        tuple(reason for _, reason in ordered),
    )


def _are_apart(one: Record, other: Record) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in _APART.get(type(one), ()))


def _texts(one: _Profile, other: _Profile, reasons: list[tuple[float, Likeness]]) -> float:
    title = max((_alike(a, b) for a in one.titles for b in other.titles), default=0.0)
    if title >= 0.5:
        reasons.append((title, Likeness("title", f"{title:.0%}")))
    if not one.description or not other.description:
        return 0.8 * title
    description = _dice(one.description, other.description)
    if description >= 0.3:
        reasons.append((description * 0.7, Likeness("description", f"{description:.0%}")))
    return 0.8 * (0.65 * title + 0.35 * description)


def _places(
    one: Record, other: Record, distance: float | None, reasons: list[tuple[float, Likeness]]
) -> float:
    """Weigh whose records they are, and where they are; what is unknown counts for nothing."""
    score = 0.0
    mine, theirs = _city(one), _city(other)
    if mine is not None and theirs is not None:
        # Many organisations are in one country; a city's own records are few.
        same = 0.1 if isinstance(one, Organization) else 0.2
        score += same if mine == theirs else -0.15
        if mine == theirs:
            reasons.append((0.4, Likeness("city", mine)))
    if distance is not None and distance <= _NEAR_KM:
        score += 0.15
        reasons.append((0.3, Likeness("near", f"{distance:.1f} km")))
    return score


def _city(record: Record) -> str | None:
    """Return whose record it is; of places and organisations, in which country they are."""
    if isinstance(record, Municipality | Region | Organization):
        return record.country
    return record.source_city


def _alike(one: str, other: str) -> float:
    """Compare titles by their words and by threes of their letters: the more generous counts."""
    if one == other:
        return 1.0
    words = _dice(frozenset(one.split()), frozenset(other.split()))
    return max(words, _dice(_threes(one), _threes(other)))


def _threes(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[place : place + 3] for place in range(len(padded) - 2))


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    together = len(one) + len(other)
    return 2 * len(one & other) / together if together else 0.0


def _distance_km(one: Record, other: Record) -> float | None:
    mine, theirs = (_position(record.location) for record in (one, other))
    if mine is None or theirs is None:
        return None
    north = mine[1] - theirs[1]
    east = (mine[0] - theirs[0]) * math.cos(math.radians((mine[1] + theirs[1]) / 2))
    return math.hypot(north, east) * _KM_PER_DEGREE


def _position(location: Mapping[str, object] | None) -> tuple[float, float] | None:
    if location is None or location.get("type") != "Point":
        return None
    position = location.get("coordinates")
    if not isinstance(position, list | tuple) or len(position) < 2:
        return None
    return float(position[0]), float(position[1])
