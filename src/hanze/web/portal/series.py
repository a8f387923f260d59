"""Several values at once: which ones a list shows, and what the series of an attribute are called."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hanze.ngsild.model import Attribute, AttributeKind, Entity, Instances
from hanze.web.portal.translation import local_name
from hanze.web.portal.values import ABOUT, Instance, Measured, Speaker, instance_of

__all__ = ["measurements", "series_of"]

_UNRANKED = 9
#: Sub-attributes that say which instance this is, and one that only its source understands.
_LANE, _CLASS = "laneId", "vehicleClass"
_SAID = frozenset((_LANE, _CLASS, "index"))
_ANY_VEHICLE = "anyVehicle"
_LENGTH = re.compile(r"length (>=?|<=?) ([\d.]+) m(?: and length (<=?) ([\d.]+) m)?")


def measurements(entity: Entity, speaker: Speaker, *, most: int) -> tuple[Measured, ...]:
    """Choose the values that matter in a list: measured ones first, then other values."""
    ranked = sorted(
        (
            (_rank(instances[0]), iri, instances)
            for iri, instances in entity.attributes.items()
            if local_name(iri) not in ABOUT
        ),
        key=lambda item: item[0],
    )
    return tuple(
        Measured(speaker.language.words("attribute", iri), _together(instances, speaker))
        for rank, iri, instances in ranked[:most]
        if rank < _UNRANKED
    )


def series_of(instances: Instances, speaker: Speaker) -> tuple[tuple[str, Instance], ...]:
    """Name the instances of an attribute; the one without datasetId has an empty name."""
    shown = [instance_of(instance, speaker) for instance in instances]
    names = [_told(instance, speaker) for instance in instances]
    if all(names) and len(set(names)) == len(names):
        said = {speaker.language.words("attribute", name) for name in _SAID}
        shown = [
            replace(one, parts=tuple(part for part in one.parts if part[0] not in said))
            for one in shown
        ]
    else:
        names = _distinct([instance.dataset_id or "" for instance in instances])
    return tuple(zip(names, shown, strict=True))


def _together(instances: Instances, speaker: Speaker) -> Instance:
    """Say in one value what all instances say: the main one, else from the least to the most."""
    whole = [one for one in instances if one.dataset_id is None] or [
        one for one in instances if _part(one, _CLASS) == _ANY_VEHICLE
    ]
    chosen = whole or instances
    numbers = [number for one in chosen if (number := _number(one)) is not None]
    first = instance_of(chosen[0], speaker)
    same_unit = len({one.unit_code for one in chosen}) == 1
    if len(numbers) < len(chosen) or not same_unit or min(numbers) == max(numbers):
        return first
    low, high = (speaker.formats.number(number) for number in (min(numbers), max(numbers)))
    return replace(first, text=f"{low} \N{EN DASH} {high}")


def _rank(attribute: Attribute) -> int:
    if attribute.kind is not AttributeKind.PROPERTY:
        return 3 if attribute.kind is AttributeKind.VOCAB_PROPERTY else _UNRANKED
    value = attribute.value
    if isinstance(value, bool):
        return 4
    if value is None or isinstance(value, Mapping | list | tuple):
        return _UNRANKED
    if isinstance(value, str):
        return 2 if attribute.observed_at else 5
    return 0 if attribute.observed_at else 1


def _number(attribute: Attribute) -> float | None:
    value = attribute.value
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _part(attribute: Attribute, wanted: str) -> object:
    for iri, instances in attribute.attributes.items():
        if local_name(iri) == wanted:
            return instances[0].value
    return None


def _told(attribute: Attribute, speaker: Speaker) -> str:
    """Name an instance by its lane and class of vehicles, if it has them."""
    lane, vehicles = _part(attribute, _LANE), _part(attribute, _CLASS)
    parts = []
    if isinstance(lane, str | int):
        parts.append(f"{speaker.language.words('attribute', _LANE)} {lane}")
    if isinstance(vehicles, str):
        parts.append(_vehicles(vehicles, speaker))
    return ", ".join(parts)


def _vehicles(text: str, speaker: Speaker) -> str:
    """Write a class of vehicles; those by length as connectors write them, in short."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        return speaker.language.term("value", text) or text
    sign, low, _, high = found.groups()
    low = speaker.formats.number(float(low))
    between = (
        f"{low} \N{EN DASH} {speaker.formats.number(float(high))}" if high else f"{sign[0]} {low}"
    )
    return f"{speaker.language.words('attribute', 'length').lower()} {between} m"


def _distinct(ids: Sequence[str]) -> list[str]:
    """Leave out what dataset ids have in common at their beginning, whole parts of them."""
    split = [one.split(":") for one in ids]
    named = [parts for parts in split if parts != [""]]
    common = 0
    while named and all(len(parts) > common + 1 for parts in named):
        if len({parts[common] for parts in named}) > 1:
            break
        common += 1
    return [":".join(parts[common:]) if parts != [""] else "" for parts in split]
