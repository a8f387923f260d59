"""Keeps watch: judges what is watched, makes and ends alerts, proposes light scenarios."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec
import shapely

from hanze.broker.consumption import find_stored
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import (
    append_attributes,
    create_entity,
    find_entity,
)
from hanze.errors import Conflicting, HanzeError, NotFound
from hanze.identity.caller import Caller
from hanze.insight.assessment import (
    Assessment,
    Standing,
    Verdict,
    as_far_as_measured,
    combined,
    said_since,
    standing,
)
from hanze.insight.daylight import is_dark
from hanze.insight.entities import PROPOSAL, alert, decided, ended, proposal, severity_of
from hanze.insight.looking import Looking, Subject
from hanze.insight.profile import Basis, Expected
from hanze.insight.scenarios import Scenario, propose
from hanze.insight.texts import Said, alert_title, reasons, scenario_text, told_together
from hanze.insight.watches import Member, Role, Watch, watches
from hanze.ngsild.geometry import to_shape
from hanze.ngsild.model import Entity, Fragment, Instances
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.members import LOCATION
from hanze.ngsild.vocabulary import HANZE

__all__ = ["Insight", "NotProposed", "ProposalNotFound", "Seen"]

_log = logging.getLogger(__name__)

_ALERTS: Final = "insight-alert"
_PROPOSALS: Final = "insight-proposal"

#: Of several attributes together the score is what is judged: nothing of itself, one deviation each.
_TOGETHER: Final = Expected(0.0, 1.0, 0, Basis.WEEK_TIME)


class ProposalNotFound(NotFound):
    """There is no proposal with this id."""

    def __init__(self, entity_id: str) -> None:
        super().__init__(f"There is no proposal {entity_id[:200]}")


class NotProposed(Conflicting):
    """The proposal was decided before, or has lapsed."""

    def __init__(self, entity_id: str, status: str) -> None:
        super().__init__(f"Proposal {entity_id} is {status}: only an open one can be decided")


class _Open(msgspec.Struct, frozen=True):
    """What a watch has made and not ended."""

    id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watch saw.

    Attributes:
        said: Each member with its latest period.
        together: The same judged as one where there are several: a score without a value.
        verdict: What is said of it.
        since_us: The start of the first of the periods in a row of which the same is said, as far
            back as the watch looks; in microseconds since 1970.
        alert: Id of the alert that is open, if any.
        reasons: In plain words, by language.
    """

    watch: Watch
    said: tuple[Said, ...]
    together: Assessment
    verdict: Verdict
    since_us: int
    alert: str | None
    reasons: Mapping[str, str]


class Insight:
    """Looks at what is watched.

    Args:
        store: Whose history, and where alerts are written.
        zone: In which weeks are lived and times are told.
    """

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self._store = store
        self.looking = Looking(store, zone)

    async def step(self, now: str) -> int:
        """Look once at everything; one watch that fails does not stop the others.

        Returns:
            How many alerts were made or ended.
        """
        changed = 0
        for watch in [*watches(self._store.registers)]:
            try:
                changed += await self._follow(watch, now)
            except HanzeError as error:
                _log.warning("Watch %s cannot look: %s", watch.name, error)
        return changed

    async def see(self, watch: Watch, now: str) -> Seen:
        """Look at one watch, and write nothing.

        Raises:
            EvolutionNotFound: Nothing is known of one of its entities.
            InvalidInput: Values of an attribute are no numbers.
        """
        return self._seen(watch, await self._judged(watch, now))

    def alerts(self) -> dict[str, str]:
        """Return the ids of alerts that are open, by the names of their watches."""
        found = self._store.registers.items(_ALERTS)
        return {name: msgspec.json.decode(one, type=_Open).id for name, one in found}

    async def end(self, watch: Watch, now: str) -> None:
        """End what a watch has made, before it goes."""
        open_alert, open_proposal = self._open(_ALERTS, watch), self._open(_PROPOSALS, watch)
        caller = _caller(watch)

        def unit(uow: UnitOfWork) -> None:
            if open_alert is not None:
                _end(uow, caller, watch, open_alert, now)
            if open_proposal is not None:
                _lapse(uow, caller, watch, open_proposal, now)

        await self._store.transact(unit)

    async def decide(
        self, caller: Caller, proposal_id: str, status: Literal["confirmed", "declined"], now: str
    ) -> None:
        """Note what a person decided of a proposal; nothing is switched.

        Raises:
            ProposalNotFound: There is no such proposal.
            NotProposed: It was decided before, or has lapsed.
        """

        def unit(uow: UnitOfWork) -> None:
            found = find_entity(uow, caller, proposal_id, now=now)
            if found is None or PROPOSAL not in found.types:
                raise ProposalNotFound(proposal_id)
            present = _status(found)
            if present != "proposed":
                raise NotProposed(proposal_id, present)
            _append(uow, caller, proposal_id, decided(status, caller.actor, now), now)

        await self._store.transact(unit)

    async def _judged(self, watch: Watch, now: str) -> list[tuple[Assessment, ...]]:
        """Judge the latest periods of every member: as many as a standing needs."""
        periods = max(watch.persist, watch.release) + watch.late
        until = parse_datetime(now)
        first = until - until % watch.period_us - periods * watch.period_us
        judged = [
            (
                await self.looking.look(
                    _subject(watch, member), first_us=first, until_us=until, now=now
                )
            ).judged
            for member in watch.members
        ]
        return as_far_as_measured(judged, watch.late)

    async def _follow(self, watch: Watch, now: str) -> int:
        judged = await self._judged(watch, now)
        together = _together(watch, judged)
        follows = standing(
            together,
            deviations=watch.deviations,
            persist=watch.persist,
            release=watch.release,
        )
        caller = _caller(watch)
        present = self._open(_ALERTS, watch)
        changed = 0
        if follows is Standing.RAISE and present is None:
            made = self._alert(watch, judged, together, now)
            await self._store.transact(lambda uow: _raise(uow, caller, watch, made, now))
            changed = 1
        elif follows is Standing.CLEAR and present is not None:
            await self._store.transact(lambda uow: _end(uow, caller, watch, present, now))
            changed = 1
        if watch.scenarios:
            await self._propose(watch, judged, now)
        return changed

    def _alert(
        self,
        watch: Watch,
        judged: Sequence[tuple[Assessment, ...]],
        together: Sequence[Assessment],
        now: str,
    ) -> Entity:
        last = together[-1]
        verdict = last.verdict(watch.deviations)
        since = together[-watch.persist].start_us
        seen = self._seen(watch, judged)
        alone = seen.said[0] if len(watch.members) == 1 else None
        return alert(
            _id("Alert", watch, now),
            source=watch.place_id,
            attributes=[HANZE.compact_name(member.attribute) for member in watch.members],
            title=alert_title(verdict, watch.title or watch.name),
            description=reasons(
                seen.said, usual=watch.usual, zone=self.looking.zone, since_us=since
            ),
            verdict=verdict,
            judged=told_together(seen.said, last),
            severity=severity_of(last.score or 0.0),
            since_us=since,
            unit=alone.unit if alone is not None else None,
            location=self._location(watch, now),
            now=now,
        )

    async def _propose(
        self, watch: Watch, judged: Sequence[tuple[Assessment, ...]], now: str
    ) -> None:
        location = self._location(watch, now)
        by_role: dict[Role, list[Assessment]] = {}
        for member, found in zip(watch.members, judged, strict=True):
            by_role.setdefault(member.role, []).append(found[-1])
        dark = location is not None and _dark(location, now)
        wanted = propose(by_role, dark=dark, usual=watch.usual)
        present = self._open(_PROPOSALS, watch)
        if (present.kind if present else None) == (wanted.value if wanted else None):
            return
        made = self._proposal(watch, wanted, judged, location, now) if wanted else None
        caller = _caller(watch)

        def unit(uow: UnitOfWork) -> None:
            if present is not None:
                _lapse(uow, caller, watch, present, now)
            if made is not None and wanted is not None:
                create_entity(uow, caller, made, context=HANZE, now=now)
                _keep(uow, _PROPOSALS, watch, _Open(made.id, wanted.value))

        await self._store.transact(unit)

    def _proposal(
        self,
        watch: Watch,
        scenario: Scenario,
        judged: Sequence[tuple[Assessment, ...]],
        location: Instances | None,
        now: str,
    ) -> Entity:
        return proposal(
            _id("LightScenarioProposal", watch, now),
            place=watch.place_id,
            scenario=scenario,
            description=scenario_text(scenario),
            reasons=self._seen(watch, judged).reasons,
            location=location,
            now=now,
        )

    def _seen(self, watch: Watch, judged: Sequence[tuple[Assessment, ...]]) -> Seen:
        course = _together(watch, judged)
        together = course[-1]
        said = tuple(
            self._said(watch, member, found[-1])
            for member, found in zip(watch.members, judged, strict=True)
        )
        present = self._open(_ALERTS, watch)
        return Seen(
            watch=watch,
            said=said,
            together=together,
            verdict=together.verdict(watch.usual),
            since_us=said_since(course, watch.usual),
            alert=present.id if present else None,
            reasons=reasons(said, usual=watch.usual, zone=self.looking.zone),
        )

    def _said(self, watch: Watch, member: Member, judged: Assessment) -> Said:
        stored = self._store.stored(watch.tenant, member.entity)
        entity = self._store.load(stored) if stored is not None else None
        instances = entity.attributes.get(member.attribute, ()) if entity is not None else ()
        unit = next((one.unit_code for one in instances if one.dataset_id is None), None)
        what = HANZE.compact_name(member.attribute)
        return Said(what, judged, unit, people=member.role == "people")

    def _location(self, watch: Watch, now: str) -> Instances | None:
        caller = _caller(watch)
        for entity_id in (watch.place_id, *(member.entity for member in watch.members)):
            stored = find_stored(self._store, caller, entity_id, now=now)
            if stored is not None:
                found = self._store.load(stored).attributes.get(LOCATION)
                if found:
                    return found[:1]
        return None

    def _open(self, kind: str, watch: Watch) -> _Open | None:
        found = self._store.registers.get(kind, watch.name)
        return None if found is None else msgspec.json.decode(found, type=_Open)


def _together(watch: Watch, judged: Sequence[tuple[Assessment, ...]]) -> tuple[Assessment, ...]:
    """Judge the members as one: what explains (weather) does not count."""
    counting = [
        found
        for member, found in zip(watch.members, judged, strict=True)
        if member.role != "weather" or len(watch.members) == 1
    ]
    if len(counting) == 1:
        return counting[0]
    return tuple(
        Assessment(parts[0].start_us, None, _basis(parts), combined(parts))
        for parts in zip(*counting, strict=True)
    )


def _basis(parts: Sequence[Assessment]) -> Expected | None:
    """Several are as well known as all of them that are known."""
    known = [one.expected for one in parts if one.expected is not None]
    if not known:
        return None
    return next((one for one in known if one.basis is not Basis.WEEK_TIME), _TOGETHER)


def _subject(watch: Watch, member: Member) -> Subject:
    return Subject(_caller(watch), member.entity, member.attribute, watch.period_us, watch.weeks)


def _caller(watch: Watch) -> Caller:
    # What a watch tells, everybody reads: it looks at what everybody may read, for no purpose.
    return Caller(actor="insight", roles=frozenset({"reader", "writer"}), tenant=watch.tenant)


def _id(kind: str, watch: Watch, now: str) -> str:
    digest = hashlib.sha256(f"{watch.name}\0{now}".encode()).hexdigest()[:12]
    return f"urn:ngsi-ld:{kind}:insight:{watch.name}:{digest}"


def _status(found: Entity) -> str:
    instances = found.attributes.get(HANZE.expand_name("proposalStatus"), ())
    return str(instances[0].value) if instances else "undecided"


def _dark(location: Instances, now: str) -> bool:
    value = location[0].value
    if not isinstance(value, Mapping):
        return False
    middle = shapely.centroid(to_shape(value))
    return is_dark(datetime.fromisoformat(now), middle.x, middle.y)


def _raise(uow: UnitOfWork, caller: Caller, watch: Watch, made: Entity, now: str) -> None:
    create_entity(uow, caller, made, context=HANZE, now=now)
    _keep(uow, _ALERTS, watch, _Open(made.id, "alert"))


def _end(uow: UnitOfWork, caller: Caller, watch: Watch, present: _Open, now: str) -> None:
    uow.registers.delete(_ALERTS, watch.name)
    if find_entity(uow, caller, present.id, now=now) is not None:
        _append(uow, caller, present.id, ended(now), now)


def _lapse(uow: UnitOfWork, caller: Caller, watch: Watch, present: _Open, now: str) -> None:
    """What nobody decided lapses; what was decided stays as it is."""
    uow.registers.delete(_PROPOSALS, watch.name)
    found = find_entity(uow, caller, present.id, now=now)
    if found is not None and _status(found) == "proposed":
        _append(uow, caller, present.id, decided("lapsed", caller.actor, now), now)


def _append(
    uow: UnitOfWork, caller: Caller, entity_id: str, attributes: Mapping[str, Instances], now: str
) -> None:
    append_attributes(uow, caller, entity_id, Fragment(attributes=attributes), now=now)


def _keep(uow: UnitOfWork, kind: str, watch: Watch, made: _Open) -> None:
    uow.registers.put(kind, watch.name, msgspec.json.encode(made))
