"""Who takes part in a matchmaking day: participations of all nodes, as far as they speak for their party."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.gatherings import MatchmakingDay, Participation
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.speaking import node_of, speaks_for

__all__ = ["Gathering", "asked_of", "attending", "gathering_of", "speaks", "still_there"]


@dataclass(frozen=True, slots=True)
class Gathering:
    """A day with everybody who takes part in it.

    Attributes:
        held: The day.
        several: Its participations that count, also those that were withdrawn.
    """

    held: Held[MatchmakingDay]
    several: tuple[Held[Participation], ...]

    @property
    def day(self) -> MatchmakingDay:
        return self.held.record

    @property
    def there(self) -> tuple[Held[Participation], ...]:
        """Who will be there."""
        return still_there(self.day, self.several)

    @property
    def by_id(self) -> Mapping[str, Held[Participation]]:
        return {held.record.id: held for held in self.several}


def gathering_of(collective: Collective, day_id: str) -> Gathering:
    """Find a day and its participants.

    Raises:
        RecordNotFound: There is no such day.
    """
    held = collective.get(day_id, MatchmakingDay)
    return Gathering(held, attending(collective, held))


def attending(collective: Collective, day: Held[MatchmakingDay]) -> tuple[Held[Participation], ...]:
    """List the participations of a day that count, those that were withdrawn as well, by their ids."""
    found = collective.naming(day.record.id, Participation, "day")
    return tuple(held for held in found if speaks(collective, held, day))


def speaks(collective: Collective, held: Held[Participation], day: Held[MatchmakingDay]) -> bool:
    """Tell whether a participation speaks for its party.

    A city speaks for itself (`speaking.speaks_for`). An organisation's must be kept where the organisation is, or by who organises the day.
    """
    party = collective.find(held.record.party)
    if party is not None and isinstance(party.record, Municipality | Region | Country):
        return speaks_for(collective, held, party.record.id)
    homes = {node_of(day)} if party is None else {node_of(day), node_of(party)}
    return node_of(held) in homes


def still_there(
    day: MatchmakingDay, several: Sequence[Held[Participation]]
) -> tuple[Held[Participation], ...]:
    """Leave out who withdrew, and who will not be there after all."""
    return tuple(
        held
        for held in several
        if held.record.status == "registered" and held.record.id not in day.absent
    )


def asked_of(
    several: Sequence[Held[Participation]], participation_id: str
) -> tuple[Held[Participation], ...]:
    """List who asked to meet a participant."""
    return tuple(
        held
        for held in several
        if any(one.participation == participation_id for one in held.record.requests)
    )
