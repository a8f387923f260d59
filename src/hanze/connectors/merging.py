"""What readings bring to an entity: what becomes its present, what belongs to its past (pure).

A value that was observed later than the present one takes its place; one that was observed earlier
goes to its own time in the history; one that is there already is a duplicate. Of several values
that come together the latest becomes the present one, the others go to the history: old alarms are
not raised again by what a device sends after a silence.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

import msgspec
from msgspec import structs

from hanze.connectors import Provenance
from hanze.connectors.streaming import Reading, Value
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import Attribute, AttributeKind, Attributes, Entity, Instances, JsonValue
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.temporal.model import Instance, TemporalEntity

__all__ = ["Observed", "Plan", "entity_json", "plan", "read_observed", "without"]

#: Of a character that UTF-16 writes as two.
_HALF: Final = re.compile("[\ud800-\udfff]")
#: The member that holds a value, by kind (4.5.2).
_MEMBERS: Final[Mapping[AttributeKind, str]] = {
    AttributeKind.PROPERTY: "value",
    AttributeKind.GEO_PROPERTY: "value",
    AttributeKind.RELATIONSHIP: "object",
    AttributeKind.LANGUAGE_PROPERTY: "languageMap",
    AttributeKind.VOCAB_PROPERTY: "vocab",
    AttributeKind.JSON_PROPERTY: "json",
    AttributeKind.LIST_PROPERTY: "valueList",
    AttributeKind.LIST_RELATIONSHIP: "objectList",
}


class Observed(msgspec.Struct, frozen=True):
    """A reading with everything expanded and checked.

    Attributes:
        entity: Its values, each with the moment at which it was observed, and what seldom changes.
        names: IRIs of the attributes that were measured.
    """

    entity: Entity
    names: frozenset[str]


class Plan(NamedTuple):
    """What is to be written of readings of one entity.

    Attributes:
        attributes: What becomes the present.
        past: What goes to the history alone; `None` where nothing does.
        stored: How many values these are together, of those that were measured.
        late: How many of them were observed before the present value.
        duplicate: How many are there already, just so.
    """

    attributes: Attributes
    past: TemporalEntity | None
    stored: int
    late: int
    duplicate: int


def entity_json(reading: Reading, provenance: Provenance | None = None) -> dict[str, JsonValue]:
    """Write a reading as a normalized entity, with terms (4.5.1)."""
    written: dict[str, JsonValue] = {"id": reading.entity_id, "type": reading.entity_type}
    if provenance is not None:
        for term, text in (
            ("source", provenance.source),
            ("dataProvider", provenance.provider),
            ("license", provenance.license),
        ):
            if text:
                written[term] = {"type": "Property", "value": text}
    for part, observed_at in ((reading.thing, None), (reading.values, reading.observed_at)):
        for term, value in part.items():
            several = value if isinstance(value, tuple) else (value,)
            instances: list[JsonValue] = [_instance(one, observed_at) for one in several]
            if instances:
                written[term] = instances if len(instances) > 1 else instances[0]
    return written


def _instance(value: Value, observed_at: str | None) -> dict[str, JsonValue]:
    members: dict[str, str | None] = {
        "unitCode": value.unit_code,
        "observedAt": value.observed_at or observed_at,
        "datasetId": value.dataset_id,
    }
    return {
        "type": value.kind.value,
        _MEMBERS[value.kind]: value.value,
        **{member: told for member, told in members.items() if told is not None},
    }


def read_observed(reading: Reading, provenance: Provenance | None, context: Context) -> Observed:
    """Expand and check a reading.

    Raises:
        InvalidInput: A value, a moment, a unit or an id is not what it must be.
    """
    for part in (reading.thing, reading.values):
        for term, value in part.items():
            for one in value if isinstance(value, tuple) else (value,):
                _check_writable(term, one.value)
    entity = parse_entity(entity_json(reading, provenance), context)
    names = frozenset(map(context.expand_name, reading.values))
    return Observed(entity, names)


def _check_writable(term: str, value: JsonValue) -> None:
    """Refuse what a binary format or a script can hold and JSON cannot (RFC 8259, 6 and 8.1)."""
    if isinstance(value, float):
        good = math.isfinite(value)
    elif isinstance(value, str):
        good = value.isascii() or _HALF.search(value) is None
    elif isinstance(value, Mapping):
        for name, one in value.items():
            _check_writable(term, name)
            _check_writable(term, one)
        return
    elif isinstance(value, Sequence):
        for one in value:
            _check_writable(term, one)
        return
    else:
        return
    if not good:
        raise InvalidInput(f"{term} holds what is no number, or half a character", field=term)


def plan(present: Entity | None, readings: Sequence[Observed]) -> Plan:
    """Decide what readings of one entity change.

    Args:
        present: The entity as it is; `None` where there is none yet.
        readings: All of that entity, in the order in which they came.
    """
    here: dict[str, dict[str | None, Attribute]] = {}
    if present is not None:
        for name, instances in present.attributes.items():
            here[name] = {one.dataset_id: one for one in instances}
    fresh: dict[str, dict[str | None, Attribute]] = {}
    past: dict[str, list[Attribute]] = {}
    late = duplicate = stored = 0
    for name, instance, measured in _in_order_of_time(readings, here):
        known = fresh.get(name, {}).get(instance.dataset_id) or here.get(name, {}).get(
            instance.dataset_id
        )
        if (known is not None and _same(known, instance)) or _repeats(past.get(name, ()), instance):
            duplicate += measured
            continue
        stored += measured
        if known is not None and _earlier(instance.observed_at, known.observed_at):
            past.setdefault(name, []).append(instance)
            late += measured
            continue
        overtaken = fresh.get(name, {}).get(instance.dataset_id)
        if overtaken is not None and overtaken.observed_at is not None:
            past.setdefault(name, []).append(overtaken)
        fresh.setdefault(name, {})[instance.dataset_id] = instance
    first = readings[0].entity
    return Plan(
        attributes={name: tuple(instances.values()) for name, instances in fresh.items()},
        past=_evolution(first, past),
        stored=stored,
        late=late,
        duplicate=duplicate,
    )


_Present = Mapping[str, Mapping[str | None, Attribute]]


def _in_order_of_time(
    readings: Sequence[Observed], here: _Present
) -> Iterable[tuple[str, Attribute, bool]]:
    """List the instances of all readings, those observed first before the others.

    What a reading of the past says of the thing itself (its place, its name) is left out: what is
    known of it now is younger.
    """
    found = [
        (name, instance, name in reading.names)
        for reading in readings
        for name, instances in reading.entity.attributes.items()
        if name in reading.names or not _is_past(reading, here)
        for instance in instances
    ]
    return sorted(found, key=lambda one: _moment(one[1].observed_at))


def _is_past(reading: Observed, here: _Present) -> bool:
    measured = [
        (instance, here.get(name, {}).get(instance.dataset_id))
        for name in reading.names
        for instance in reading.entity.attributes.get(name, ())
    ]
    return bool(measured) and all(
        known is not None and _earlier(instance.observed_at, known.observed_at)
        for instance, known in measured
    )


def _repeats(past: Sequence[Attribute], instance: Attribute) -> bool:
    """Tell whether a message came twice together; what is past is in the order of time."""
    moment = _moment(instance.observed_at)
    same_moment = takewhile(lambda one: _moment(one.observed_at) == moment, reversed(past))
    return any(_same(one, instance) for one in same_moment)


def _moment(observed_at: str | None) -> str:
    # Without the Z, a text with decimals comes after the same without.
    return (observed_at or "").removesuffix("Z")


def _earlier(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and _moment(one) < _moment(other)


def _same(one: Attribute, other: Attribute) -> bool:
    if one.created_at is not None or one.modified_at is not None:
        one = structs.replace(one, created_at=None, modified_at=None)
    if one == other:
        # A value that is true is no number that is 1, and is not written as one either.
        return type(one.value) is type(other.value)
    return False


def _evolution(entity: Entity, past: Mapping[str, Sequence[Attribute]]) -> TemporalEntity | None:
    if not past:
        return None
    return TemporalEntity(
        id=entity.id,
        types=entity.types,
        attributes={name: tuple(map(Instance, several)) for name, several in past.items()},
    )


def without(evolution: TemporalEntity, known: Mapping[str, Instances]) -> TemporalEntity | None:
    """Leave out what the history has already, just so: a message that comes a second time."""
    left = {
        name: tuple(
            one
            for one in instances
            if not any(_same(there, one.attribute) for there in known.get(name, ()))
        )
        for name, instances in evolution.attributes.items()
    }
    kept = {name: instances for name, instances in left.items() if instances}
    return structs.replace(evolution, attributes=kept) if kept else None
