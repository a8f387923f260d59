"""Reads the history that insight needs: means of periods, and the usual week learned from them."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from hanze.broker.evolution_reading import Asked
from hanze.broker.evolutions import retrieve_evolution
from hanze.broker.gate import require
from hanze.broker.ports import Store
from hanze.broker.seen_history import SeenHistory
from hanze.broker.temporal import EvolutionNotFound
from hanze.governance.decision import Asked as Named
from hanze.governance.reasons import AccessDenied, Reason
from hanze.identity.caller import NODE, Caller
from hanze.insight.assessment import Assessment, assess_all
from hanze.insight.profile import WEEK_US, Point, Profile, build_profile
from hanze.ngsild.temporal.model import Aggregation, Method, TemporalQuery, Timerel

__all__ = ["Look", "Looking", "Subject"]

_DAY_US: Final = 86_400_000_000
#: Means that are read at once; a year of five minutes is less.
_MOST_PERIODS: Final = 120_000
#: Fewer periods are gone through at once; more of them on another thread.
_FEW: Final = 500
#: Profiles that are kept at hand: one each is some 100 KB.
_MOST_KEPT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at.

    Attributes:
        caller: Who looks, in which tenant.
        entity_id: Id of the entity.
        attribute: IRI of an attribute whose values are numbers; its default instance.
        period_us: Values are means of periods of this length, in microseconds.
        weeks: How many weeks the usual one is learned from.
    """

    caller: Caller
    entity_id: str
    attribute: str
    period_us: int
    weeks: int


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured of an attribute, and what is usual.

    Attributes:
        profile: The usual week, learned from before the first period that is judged.
        judged: Every period that was asked for, in order of time, measured or not.
    """

    profile: Profile
    judged: tuple[Assessment, ...]


class Looking:
    """Reads means through the store's history, and keeps profiles for a day.

    Args:
        store: Whose history.
        zone: In which weeks are lived.
    """

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self._store = store
        self.zone = zone
        self._profiles: dict[Subject, tuple[int, Profile]] = {}

    async def look(self, subject: Subject, *, first_us: int, until_us: int, now: str) -> Look:
        """Judge an attribute from one moment to another.

        Args:
            subject: Which attribute.
            first_us: Start in microseconds since 1970; the profile knows what came before its day.
            until_us: End; a period that has not ended is not judged.
            now: DateTime text: the caller must be allowed to read it then.

        Raises:
            AccessDenied: The caller may not read the attribute.
            PurposeRequired: It is closed data, and the caller says no purpose.
            EvolutionNotFound: Nothing is known of the entity, not even of its past.
            InvalidInput: The attribute's values are no numbers.
        """
        # What was learned before is as closed as what it was learned from.
        self._require(subject, now)
        profile = await self._profile(subject, first_us, now)
        start = -(-first_us // subject.period_us) * subject.period_us
        points = await self.points(subject, first_us=start, until_us=until_us, now=now)

        def judged() -> tuple[Assessment, ...]:
            return tuple(assess_all(profile, points, first_us=start, until_us=until_us))

        few = (until_us - start) // subject.period_us < _FEW
        return Look(profile, judged() if few else await asyncio.to_thread(judged))

    async def points(
        self, subject: Subject, *, first_us: int, until_us: int, now: str
    ) -> list[Point]:
        """Read the mean of each period that has a number, in order of time.

        Raises:
            AccessDenied: The caller may not read the attribute.
            PurposeRequired: It is closed data, and the caller says no purpose.
            EvolutionNotFound: Nothing is known of the entity, not even of its past.
            InvalidInput: The attribute's values are no numbers.
        """
        if until_us <= first_us:
            return []
        names = frozenset({subject.attribute})
        asked = Asked(
            most=_MOST_PERIODS,
            names=names,
            required=names,
            requested=names,
            datasets=frozenset({None}),
            temporal=TemporalQuery(Timerel.BETWEEN, first_us, until_us),
            aggregation=Aggregation((Method.AVG,), microseconds=subject.period_us),
        )
        try:
            found = await retrieve_evolution(
                self._store, subject.caller, subject.entity_id, asked, now=now
            )
        except EvolutionNotFound:
            if self._store.history.evolution(subject.caller.tenant, subject.entity_id) is None:
                raise
            return []  # Nothing was measured in this time.

        def points() -> list[Point]:
            return [
                (start, float(value))
                for entity in found.aggregated
                for series in entity.attributes.get(subject.attribute, ())
                for value, start, _ in series.values.get(Method.AVG, ())
                if isinstance(value, int | float)
            ]

        few = (until_us - first_us) // subject.period_us < _FEW
        return points() if few else await asyncio.to_thread(points)

    def _require(self, subject: Subject, now: str) -> None:
        """Refuse who may not read the attribute of this entity now; they may not read its usual week."""
        seen = SeenHistory(self._store, subject.caller, now)
        named = Named(ids=(subject.entity_id,), names={subject.attribute: "attribute"})
        require(self._store, subject.caller, named, now=now)
        evolution = self._store.history.evolution(subject.caller.tenant, subject.entity_id)
        if evolution is not None and not seen.shows(evolution, subject.attribute):
            raise AccessDenied(
                Reason.NO_PERMISSION,
                "The caller may not read it, if it is there",
                field="id",
                value=subject.entity_id,
            )

    async def _profile(self, subject: Subject, first_us: int, now: str) -> Profile:
        """Learn the usual week as of the day of a moment; a day's is kept.

        It is learned for whoever comes: that the caller may read it was looked at before.
        """
        subject = replace(subject, caller=NODE.in_tenant(subject.caller.tenant))
        day = first_us // _DAY_US
        known = self._profiles.get(subject)
        if known is not None and known[0] == day:
            return known[1]
        until = day * _DAY_US
        points = await self.points(
            subject, first_us=until - subject.weeks * WEEK_US, until_us=until, now=now
        )
        # In a thread: a year in periods of five minutes takes more than a second.
        profile = await asyncio.to_thread(
            build_profile,
            points,
            until_us=until,
            period_us=subject.period_us,
            zone=self.zone,
            weeks=subject.weeks,
        )
        while len(self._profiles) >= _MOST_KEPT:
            del self._profiles[next(iter(self._profiles))]
        self._profiles[subject] = (day, profile)
        return profile
