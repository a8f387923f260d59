"""What a notification of another node tells of an entity (CIM 009, 5.3.1, 5.8.6): the way back.

What is gone stands in it as an NGSI-LD Null, what was before in members named `previousValue` and
so on. Here they become an entity as it was and as it is, from which any notification can be written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import (
    NULL,
    Attribute,
    Entity,
    Instances,
    JsonObject,
    JsonValue,
    is_deletion,
)
from hanze.ngsild.moment import normalise_datetime
from hanze.ngsild.representation.members import RULES
from hanze.ngsild.representation.reader import AttributeReader, holds_instances
from hanze.ngsild.representation.received import received_entity
from hanze.ngsild.representation.values import NullPolicy

__all__ = ["Told", "read_told"]

#: Members of an entity that are no attributes.
_OWN: Final = frozenset(
    {"id", "type", "scope", "expiresAt", "createdAt", "modifiedAt", "deletedAt"}
)
#: What a value was, and the member that the value stands in.
_PREVIOUS: Final[Mapping[str, str]] = {
    f"previous{rules.member[0].upper()}{rules.member[1:]}": rules.member for rules in RULES.values()
}
#: What an instance has, whatever its kind.
_OF_ANY_KIND: Final = ("datasetId", "createdAt", "modifiedAt")


@dataclass(frozen=True, slots=True)
class Told:
    """A change of an entity.

    Attributes:
        before: Of the entity as it was, as much as the notification tells; `None` where it tells
            nothing.
        after: The entity as it is; `None` when it is gone.
        deleted_at: When it, or an attribute of it, went: DateTime text, if the notification says.
    """

    before: Entity | None
    after: Entity | None
    deleted_at: str | None = None

    @property
    def entity(self) -> Entity:
        """What there is of it."""
        return self.after or self.before  # type: ignore[return-value]  # one of them is there


def read_told(json: JsonValue, context: Context) -> Told:
    """Read an entity of a notification in the normalized or concise format.

    Args:
        json: An element of `data`.
        context: Expands its names.

    Raises:
        InvalidInput: It is no entity of a notification.
    """
    if not isinstance(json, Mapping):
        raise InvalidInput("The entity must be a JSON object", value=json, clause="5.3.1")
    living: dict[str, JsonValue] = {}
    gone: dict[str, list[JsonValue]] = {}
    earlier: dict[str, list[JsonValue]] = {}
    deleted_at = _moment(json, "deletedAt")
    entity_is_gone = deleted_at is not None
    for key, value in json.items():
        if key in _OWN or key.startswith("@"):
            living[key] = value
            continue
        present = []
        for part in _instances(value):
            if _is_gone(part):
                gone.setdefault(key, []).append(part)
                deleted_at = deleted_at or _moment(part, "deletedAt")
            else:
                present.append(_as_it_is(part))
            earlier.setdefault(key, []).extend(_previous(part))
        if present:
            living[key] = present if isinstance(value, list) and len(present) > 1 else present[0]
    after = received_entity(living, context)
    before = _before(after, gone, earlier, context)
    if entity_is_gone:
        return Told(before or after, None, deleted_at)
    return Told(before, after, deleted_at)


def _before(
    after: Entity,
    gone: Mapping[str, list[JsonValue]],
    earlier: Mapping[str, list[JsonValue]],
    context: Context,
) -> Entity | None:
    """Put what was in the place of what is; `None` where nothing is said of it."""
    attributes: dict[str, Instances] = dict(after.attributes)
    changed = False
    for parts, nulls in ((gone, NullPolicy.UPDATE), (earlier, NullPolicy.REFUSE)):
        for key, one in _each(parts):
            name, instance = _instance(key, one, context, nulls)
            others = attributes.get(name, ())
            kept = tuple(each for each in others if each.dataset_id != instance.dataset_id)
            attributes[name] = (*kept, instance)
            changed = True
    return replace(after, attributes=attributes) if changed else None


def _each(parts: Mapping[str, list[JsonValue]]) -> Iterator[tuple[str, JsonValue]]:
    return ((key, one) for key, some in parts.items() for one in some)


def _instance(
    key: str, json: JsonValue, context: Context, nulls: NullPolicy
) -> tuple[str, Attribute]:
    read = AttributeReader(context, nulls).attributes({key: json})
    for name, instances in read.items():
        if len(instances) == 1:
            created_at, modified_at = _moment(json, "createdAt"), _moment(json, "modifiedAt")
            return name, replace(instances[0], created_at=created_at, modified_at=modified_at)
    raise InvalidInput(f"{key[:200]} must be an attribute", field=key[:200], clause="5.3.1")


def _instances(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, list) and holds_instances(value):
        return list(value)
    return [value]


def _is_gone(part: JsonValue) -> bool:
    if not isinstance(part, Mapping):
        return part == NULL
    for rules in RULES.values():
        if rules.member in part:
            value = part[rules.member]
            return value == {"@none": NULL} or is_deletion(Attribute(kind=rules.kind, value=value))
    return False


def _previous(part: JsonValue) -> Iterator[JsonObject]:
    """Give the instance as it was before, where the notification shows that.

    It may have been of another kind; which, its member tells.
    """
    if not isinstance(part, Mapping):
        return
    for name, member in _PREVIOUS.items():
        if name not in part:
            continue
        if member in part:
            kept = {key: own for key, own in part.items() if key not in _PREVIOUS and key != "type"}
        else:
            kept = {key: part[key] for key in _OF_ANY_KIND if key in part}
        yield {**kept, member: part[name]}


def _as_it_is(part: JsonValue) -> JsonValue:
    if not isinstance(part, Mapping) or _PREVIOUS.keys().isdisjoint(part):
        return part
    return {key: own for key, own in part.items() if key not in _PREVIOUS}


def _moment(json: JsonValue, name: str) -> str | None:
    if not isinstance(json, Mapping) or name not in json:
        return None
    text = json[name]
    if not isinstance(text, str):
        raise InvalidInput(f"{name} must be a DateTime", field=name, clause="4.6.3")
    return normalise_datetime(text, field=name)
