"""What a Context Source knows, from JSON (CIM 009, 5.2.8, 5.2.10, and per mode 4.3.6.3)."""

from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.query.patterns import check_pattern
from hanze.ngsild.registration.model import EntityInfo, Mode, RegistrationInfo
from hanze.ngsild.subscription.members import Members
from hanze.ngsild.uri import is_uri

__all__ = ["parse_information"]

_INFO: Final = "5.2.10"
_ENTITY: Final = "5.2.8"
_EXCLUSIVE: Final = "4.3.6.3"
_MEMBERS: Final = ("entities", "propertyNames", "relationshipNames")

_MOST_INFOS: Final = 1000
_MOST_ENTITIES: Final = 10_000
_MOST_NAMES: Final = 1000
_MOST_TYPES: Final = 100


def parse_information(
    members: Members, context: Context, mode: Mode
) -> tuple[RegistrationInfo, ...]:
    """Read `information` of a registration.

    Raises:
        InvalidInput: It breaks its tables, or is not what the mode asks for.
    """
    items = _array(members, "information", _MOST_INFOS)
    found = []
    room = _MOST_ENTITIES
    for number, item in enumerate(items):
        own = Members(item, f"information[{number}]", _INFO)
        found.append(_info(own, context, mode))
        room -= len(found[-1].entities)
        if room < 0:
            members.fail("information", f"must name at most {_MOST_ENTITIES} entities in all")
    if mode is Mode.EXCLUSIVE and len({one.id for info in found for one in info.entities}) > 1:
        raise InvalidInput(
            "information of an exclusive source must be about a single entity",
            field="information",
            clause=_EXCLUSIVE,
        )
    return tuple(found)


def _info(own: Members, context: Context, mode: Mode) -> RegistrationInfo:
    if not any(own.has(name) for name in _MEMBERS):
        own.fail("entities", "or propertyNames or relationshipNames must be there")
    info = RegistrationInfo(
        entities=_entities(own, context),
        property_names=own.names("propertyNames", context, most=_MOST_NAMES) or (),
        relationship_names=own.names("relationshipNames", context, most=_MOST_NAMES) or (),
    )
    if mode is Mode.EXCLUSIVE:
        _check_exclusive(own, info)
    return info


def _check_exclusive(own: Members, info: RegistrationInfo) -> None:
    """See that an exclusive registration names an entity by its id, and attributes (4.3.6.3)."""
    if not info.entities or any(one.id is None for one in info.entities):
        _refuse(own, "entities", "of an exclusive source must name the entity by its id")
    if not info.names:
        _refuse(own, "propertyNames", "or relationshipNames of an exclusive source must be there")


def _refuse(own: Members, name: str, what: str) -> None:
    path = own.path(name)
    raise InvalidInput(f"{path} {what}", field=path, clause=_EXCLUSIVE)


def _entities(own: Members, context: Context) -> tuple[EntityInfo, ...]:
    if not own.has("entities"):
        return ()
    items = _array(own, "entities", _MOST_ENTITIES)
    return tuple(
        _entity(Members(item, f"{own.path('entities')}[{number}]", _ENTITY), context)
        for number, item in enumerate(items)
    )


def _entity(own: Members, context: Context) -> EntityInfo:
    entity_id = own.text("id")
    if entity_id is not None and not is_uri(entity_id):
        own.fail("id", "must be a URI")
    pattern = own.text("idPattern")
    if pattern is not None:
        check_pattern(pattern, field=own.path("idPattern"), clause=_ENTITY)
    return EntityInfo(
        types=_types(own, context),
        id=entity_id,
        # The id takes precedence (5.2.8), also over an expression that is kept.
        id_pattern=None if entity_id is not None else pattern,
    )


def _types(own: Members, context: Context) -> tuple[str, ...]:
    given = own.member("type")
    terms = (given,) if isinstance(given, str) else own.texts("type", most=_MOST_TYPES)
    if not terms or not all(terms):
        own.fail("type", "must be the name of a type, or an array of them")
    return tuple(own.expanded("type", context.expand_name, term) for term in terms)


def _array(own: Members, name: str, most: int) -> tuple[JsonValue, ...]:
    items = own.member(name)
    if not isinstance(items, list | tuple) or not items or len(items) > most:
        own.fail(name, f"must be an array of 1 to {most} items")
    return tuple(items)
