"""Where readings go: the present and the history of entities, in one unit of work each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hanze.broker.ports import Store, UnitOfWork, Window
from hanze.broker.provision import append_attributes, create_entity
from hanze.connectors.merging import Observed, Plan, plan, without
from hanze.errors import HanzeError, StoreFailure
from hanze.identity.caller import Caller
from hanze.ngsild.context import Context
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Attribute, Entity, Fragment
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.temporal.model import TemporalEntity, TemporalQuery, TimeProperty, Timerel

__all__ = ["Stored", "store_readings"]

#: Entities that a unit of work takes, as in batches (`broker.batch`).
_SLICE = 64
#: Instances of the history with which late readings are compared.
_MOST_COMPARED = 20_000


@dataclass(slots=True)
class Stored:
    """What became of readings.

    Attributes:
        stored: Values that were written.
        late: Those of them that went to their own time in the history.
        duplicate: Values that were there already.
        failed: By id of the entity, why nothing of it could be written.
    """

    stored: int = 0
    late: int = 0
    duplicate: int = 0
    failed: dict[str, str] = field(default_factory=dict)


async def store_readings(
    store: Store,
    caller: Caller,
    readings: Sequence[Observed],
    *,
    context: Context,
    now: str,
) -> Stored:
    """Write readings; each entity succeeds or fails by itself.

    The same readings a second time change nothing: each of their values is there already.

    Args:
        readings: In the order in which they came.
        context: Under which new entities are stored.

    Raises:
        StoreFailure: Nothing can be written now; it may be tried again.
    """
    result = Stored()
    entities: dict[str, list[Observed]] = {}
    for reading in readings:
        entities.setdefault(reading.entity.id, []).append(reading)
    groups = list(entities.values())
    late: list[TemporalEntity] = []
    for start in range(0, len(groups), _SLICE):
        some = groups[start : start + _SLICE]

        def unit(
            uow: UnitOfWork, some: Sequence[Sequence[Observed]] = some
        ) -> list[Plan | HanzeError]:
            return [_attempt(uow, caller, group, context, now) for group in some]

        for group, outcome in zip(some, await store.transact(unit), strict=True):
            if isinstance(outcome, HanzeError):
                result.failed[group[0].entity.id] = str(outcome)
                continue
            result.stored += outcome.stored
            result.late += outcome.late
            result.duplicate += outcome.duplicate
            if outcome.past is not None and outcome.late:
                late.append(outcome.past)
    if late:
        await _add_late(store, caller, late, result, now)
    return result


def _attempt(
    uow: UnitOfWork, caller: Caller, group: Sequence[Observed], context: Context, now: str
) -> Plan | HanzeError:
    try:
        return _write(uow, caller, group, context, now)
    except StoreFailure:
        raise
    except HanzeError as error:
        return error


def _write(
    uow: UnitOfWork, caller: Caller, group: Sequence[Observed], context: Context, now: str
) -> Plan:
    """Write what readings of one entity bring; what is late is left to be compared first."""
    first = group[0].entity
    present = uow.entity(caller.tenant, first.id) if uow.tenant_exists(caller.tenant) else None
    if present is not None:
        present = unexpired(present, now)
    found = plan(present, group)
    if present is None:
        entity = Entity(id=first.id, types=first.types, attributes=found.attributes)
        create_entity(uow, caller, entity, context=context, now=now)
    elif found.attributes:
        types = tuple(name for name in first.types if name not in present.types)
        fragment = Fragment(id=first.id, types=types, attributes=found.attributes)
        append_attributes(uow, caller, first.id, fragment, now=now)
    if found.past is not None and not found.late:
        # What was overtaken by a later value of the same messages is new to the history.
        uow.history.add(caller.tenant, found.past, now=now)
    return found


async def _add_late(
    store: Store, caller: Caller, late: Sequence[TemporalEntity], result: Stored, now: str
) -> None:
    """Give late values their own time in the history, unless they have it already."""
    known = await _known(store, caller.tenant, late)
    fresh: list[TemporalEntity] = []
    for evolution in late:
        left = without(evolution, known.get(evolution.id, {}))
        removed = _size(evolution) - (_size(left) if left is not None else 0)
        result.stored -= removed
        result.late = max(result.late - removed, 0)
        result.duplicate += removed
        if left is not None:
            fresh.append(left)

    def unit(uow: UnitOfWork) -> None:
        for evolution in fresh:
            uow.history.add(caller.tenant, evolution, now=now)

    if fresh:
        await store.transact(unit)


async def _known(
    store: Store, tenant: str, late: Sequence[TemporalEntity]
) -> Mapping[str, Mapping[str, tuple[Attribute, ...]]]:
    """Read what the history holds of the moments that late values are of."""
    found: dict[str, Mapping[str, tuple[Attribute, ...]]] = {}
    for evolution in late:
        there = store.history.evolution(tenant, evolution.id)
        if there is None:
            continue
        moments = [
            parse_datetime(one.attribute.observed_at)
            for instances in evolution.attributes.values()
            for one in instances
        ]
        window = Window(
            names=frozenset(evolution.attributes),
            temporal=TemporalQuery(
                timerel=Timerel.BETWEEN,
                time_at=min(moments),
                end_time_at=max(moments) + 1,
                timeproperty=TimeProperty.OBSERVED_AT,
            ),
            most=_MOST_COMPARED,
        )
        entities, _ = await store.history.read(tenant, [there], window)
        for entity in entities:
            found[entity.id] = {
                name: tuple(one.attribute for one in instances)
                for name, instances in entity.attributes.items()
            }
    return found


def _size(evolution: TemporalEntity) -> int:
    return sum(map(len, evolution.attributes.values()))
