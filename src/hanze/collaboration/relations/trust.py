"""How long trust took: visits come before contracts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hanze.collaboration.collective import Collective
from hanze.collaboration.relations.happening import BUILDS_TRUST, Happening, Parties

__all__ = ["Trust", "trust_of"]


@dataclass(frozen=True, slots=True)
class Trust:
    """How long it took from the first time that parties met to their first accord.

    Attributes:
        accord: The first that was in force between them; `None` where they have none.
        parties: Those of the accord; of whoever met where there is none.
        contact: The first that is known of them, of whatever kind.
        visit: The first time that they met.
        visits: How often they met before the accord, or at all where there is none: a mission with
            all its parts is one time.
        days: From the first meeting to the accord; negative where the accord came before any
            meeting that is recorded; `None` where one of the two lacks.
        exact: Whether both days are known; else only their months or years are.
    """

    accord: Happening | None
    parties: tuple[str, ...]
    contact: Happening | None
    visit: Happening | None
    visits: int
    days: int | None
    exact: bool


def trust_of(collective: Collective, several: Sequence[Happening]) -> tuple[Trust, ...]:
    """Tell for each first accord of a timeline how long trust took; one without where there is none.

    Args:
        collective: Up to date.
        several: Of one partner, by day.
    """
    past = [one for one in several if one.is_past]
    with_whom = _by_party(Parties(collective), past)
    found: dict[tuple[str, ...], Trust] = {}
    for accord in (one for one in past if one.kind == "accord"):
        parties = tuple(sorted(accord.parties))
        if parties not in found:
            places = Counter(place for party in parties for place in with_whom.get(party, ()))
            both = sorted(place for place, times in places.items() if times > 1)
            found[parties] = _trust(accord, parties, [past[place] for place in both])
    if found:
        return tuple(found.values())
    met = sorted({party for one in past if one.kind in BUILDS_TRUST for party in one.parties})
    return (_trust(None, tuple(met), past),) if past else ()


def _by_party(parties: Parties, past: Sequence[Happening]) -> Mapping[str, Sequence[int]]:
    """Say of each party at which places of a timeline it, or who is within it, took part."""
    found: dict[str, list[int]] = {}
    for place, one in enumerate(past):
        for party in frozenset[str]().union(*(parties.around(each) for each in one.parties)):
            found.setdefault(party, []).append(place)
    return found


def _trust(accord: Happening | None, parties: tuple[str, ...], past: Sequence[Happening]) -> Trust:
    met = [one for one in past if one.kind in BUILDS_TRUST]
    visit = met[0] if met else None
    before = {one.held.record.id for one in met if accord is None or one.on <= accord.last}
    return Trust(
        accord=accord,
        parties=parties,
        contact=past[0] if past else None,
        visit=visit,
        visits=len(before),
        days=(accord.on - visit.on).days if accord is not None and visit is not None else None,
        exact=all(one is not None and one.precision == "day" for one in (visit, accord)),
    )
