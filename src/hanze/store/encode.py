"""How the index reads values from bodies and entities."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from hanze.ngsild.context import Context
from hanze.ngsild.model import Entity
from hanze.ngsild.query.compare import TargetValue
from hanze.ngsild.query.targets import targets
from hanze.ngsild.query.tree import Moment, MomentKind, Uri, ValuePath
from hanze.store.block import Box
from hanze.store.values import (
    BOOLEAN,
    EXACT,
    HUGE,
    MOMENT,
    NUMBER,
    OTHER,
    TextCodes,
)

__all__ = ["Encoded", "Trusted", "bounds", "encode_attribute", "encode_path"]

#: JSON that the store wrote: its shape is known, and asking again for each member costs more than
#: the reading itself.
Trusted = Any

#: Form and payload: a float payload is kept as float64, any other as it is.
Encoded = tuple[int, int | float]

_NOTHING: Final[Encoded] = (OTHER, 0)


def encode_attribute(json: Trusted, texts: TextCodes, context: Context) -> Encoded:
    """Encode the only instance of an attribute that is no GeoProperty.

    Args:
        json: The instance, normalized.
        texts: The attribute's dictionary.
        context: What the instance was compacted with.
    """
    kind = json["type"]
    if kind == "Property":
        return _encode_property(json, texts)
    encode = _ENCODERS.get(kind)
    return _NOTHING if encode is None else encode(json, texts, context)


def encode_path(path: ValuePath, entity: Entity, texts: TextCodes) -> Encoded | None:
    """Encode what a path leads to in an entity; `None` when it leads nowhere."""
    found = [*targets(path, entity, _follow_nothing)]
    if not found:
        return None
    return _encode_target(found[0], texts) if len(found) == 1 else _NOTHING


def bounds(*coordinates: Trusted) -> Box:
    """Return the box around the coordinates of geometries."""
    positions = [position for one in coordinates for position in _positions(one)]
    longitudes = [position[0] for position in positions]
    latitudes = [position[1] for position in positions]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _positions(coordinates: Trusted) -> Iterable[Trusted]:
    if not coordinates or not isinstance(coordinates[0], list | tuple):
        return (coordinates,) if coordinates else ()
    if not isinstance(coordinates[0][0], list | tuple):
        return coordinates  # type: ignore[no-any-return]  # a list of positions
    return [position for part in coordinates for position in _positions(part)]


def _encode_property(json: Trusted, texts: TextCodes) -> Encoded:
    value = json["value"]
    return _encode_scalar(value.get("@value") if type(value) is dict else value, texts)


def _encode_scalar(value: Trusted, texts: TextCodes) -> Encoded:
    kind = type(value)
    if kind is str:
        return texts.encode_text(value)
    if kind is float:
        # Larger ones may be integers that a JSON reader could not hold.
        return (NUMBER, value) if -HUGE < value < HUGE else _NOTHING
    if kind is int:
        return (NUMBER, float(value)) if -EXACT <= value <= EXACT else _NOTHING
    return (BOOLEAN, int(value)) if kind is bool else _NOTHING


def _encode_relationship(json: Trusted, texts: TextCodes, _context: Context) -> Encoded:
    target = json["object"]
    return texts.encode_uri(target) if type(target) is str else _NOTHING


def _encode_vocab(json: Trusted, texts: TextCodes, context: Context) -> Encoded:
    word = json["vocab"]
    return texts.encode_uri(context.expand_vocab(word)) if type(word) is str else _NOTHING


def _encode_target(target: TargetValue, texts: TextCodes) -> Encoded:
    if isinstance(target, Uri):
        return texts.encode_uri(target.value)
    if isinstance(target, Moment):
        return (MOMENT, target.microseconds) if target.kind is MomentKind.DATE_TIME else _NOTHING
    return _encode_scalar(target, texts)


def _follow_nothing(_entity_id: str) -> None:
    return None


_ENCODERS: Final[Mapping[str, Callable[[Trusted, TextCodes, Context], Encoded]]] = {
    "Relationship": _encode_relationship,
    "VocabProperty": _encode_vocab,
}
