"""Entity maps: which sources have the entities of a query, kept for its pages (CIM 009, 4.5.25, 5.14).

They are held in memory: whoever names one that is gone gets a new one (5.5.14), so that a restart,
or a full memory, costs the same query again and nothing else.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from hashlib import blake2b
from typing import Final, TypeVar
from urllib.parse import unquote

from hanze.errors import InvalidInput, NotFound, TooMuch
from hanze.identity.caller import Caller
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.uri import is_uri

__all__ = [
    "LOCAL",
    "EntityMap",
    "EntityMapNotFound",
    "EntityMaps",
    "MapKind",
    "MapWish",
    "TooManyMapped",
    "fingerprint_of",
    "map_id_of",
    "owner_of",
]

K = TypeVar("K")

#: Stands for the node itself among the sources of an entity (5.2.39).
LOCAL: Final = "@none"

_ID: Final = "urn:ngsi-ld:EntityMap:"
_SECOND: Final = 1_000_000
#: How long a map lives where nobody suggests anything, and the most that may be suggested.
_LIFETIME_S: Final = 600
_LONGEST_S: Final = 3600
#: How long what was found for one page serves for the next, where no map was asked for.
_MEMORY_S: Final = 15
_MOST_MAPS: Final = 1000
#: Entities in all maps together: about 250 bytes each.
_MOST_ENTITIES: Final = 500_000


def owner_of(caller: Caller) -> str:
    """Name those who may know a map that a caller makes: of one tenant, who may read the same of it."""
    reads = (
        caller.is_own,
        caller.organisation,
        sorted(caller.roles),
        caller.purpose,
        caller.activity,
        caller.subject,
        caller.shares,
    )
    # No tenant's name has a space.
    return f"{caller.tenant} {blake2b(repr(reads).encode(), digest_size=16).hexdigest()}"


class MapKind(Enum):
    """What a map was made by: a query of the present, or of evolutions."""

    ENTITIES = "entities"
    TEMPORAL = "temporal"


class EntityMapNotFound(NotFound):
    """No entity map with this id is in the tenant, or its time is over (5.14.1.4)."""

    def __init__(self, map_id: str) -> None:
        super().__init__(f"Entity map {map_id[:200]} does not exist")
        self.map_id = map_id


class TooManyMapped(TooMuch):
    """A query finds more entities than a map may hold."""

    def __init__(self, most: int) -> None:
        super().__init__(f"More than {most} entities match: the query must be narrower")


@dataclass(frozen=True, slots=True)
class MapWish:
    """What a request says of entity maps (6.4.3.2); false where it says nothing.

    Attributes:
        wanted: Whether it asks for one.
        location: The one that it wants to use.
        lifetime_s: How long one that is made is to live.
    """

    wanted: bool = False
    location: str | None = None
    lifetime_s: float | None = None

    def __bool__(self) -> bool:
        return self.wanted or self.location is not None


@dataclass(slots=True, kw_only=True)
class EntityMap:
    """The entities of a query, in their order, and where they are.

    Attributes:
        id: URI that cannot be guessed.
        owner: Who alone knows it (`owner_of`).
        kind: Which queries it serves.
        fingerprint: Of the query; another one may not use it (5.5.14).
        split: Whether parts of one entity may be at several sources: then its entities are only
            candidates until they were looked at.
        expires_at: Microseconds since 1970.
        entries: Ids of registrations by id of entity; `LOCAL` for the node itself.
        linked: By id of registration, the map that its source made: as that source calls it.
        types: IRIs of all types of the entities, as far as they are known.
        checked: So many of the first entities were looked at: they match, or did.
        mark: Of what its owner could read when it was made (`Access.mark`): what is decided anew
            makes it void.
    """

    id: str
    owner: str
    kind: MapKind
    fingerprint: str
    split: bool = False
    expires_at: int = 0
    entries: dict[str, tuple[str, ...]] = field(default_factory=dict)
    linked: dict[str, str] = field(default_factory=dict)
    types: frozenset[str] = frozenset()
    checked: int = 0
    mark: int = 0

    def add(self, entity_id: str, source: str) -> None:
        """Say that a source has an entity; sources keep the order in which they came."""
        known = self.entries.get(entity_id, ())
        if source not in known:
            self.entries[entity_id] = (*known, source)

    def remove(self, entity_ids: Iterable[str]) -> None:
        """Take out entities that do not match, or no longer (5.5.9.3)."""
        for entity_id in entity_ids:
            self.entries.pop(entity_id, None)


def fingerprint_of(query: EntityQuery, *others: object) -> str:
    """Tell queries apart by what must stay the same from page to page (5.5.14).

    Ids and the page may change.

    Args:
        query: Expanded.
        others: What else decides which entities match: filters of sources, for one.
    """
    lasting = replace(query, ids=(), limit=0, offset=0, count=False, access=None)
    said = repr((lasting, *others)).encode()
    return blake2b(said, digest_size=16).hexdigest()


class EntityMaps:
    """The entity maps of a node.

    Args:
        most_entities: In one map.
    """

    def __init__(self, *, most_entities: int) -> None:
        self.most_entities = most_entities
        self._maps: dict[str, EntityMap] = {}
        self._remembered: dict[tuple[str, str], EntityMap] = {}

    def new(self, owner: str, kind: MapKind, fingerprint: str, *, split: bool = False) -> EntityMap:
        """Make an empty map that nobody else knows yet."""
        map_id = f"{_ID}{secrets.token_hex(16)}"
        return EntityMap(id=map_id, owner=owner, kind=kind, fingerprint=fingerprint, split=split)

    def check_size(self, found: EntityMap) -> None:
        """Refuse a map that has become too large.

        Raises:
            TooManyMapped: So it is.
        """
        if len(found.entries) > self.most_entities:
            raise TooManyMapped(self.most_entities)

    def keep(self, found: EntityMap, *, now: str, lifetime_s: float | None = None) -> None:
        """Make a map known by its id.

        Where there are too many, those that would expire first go.

        Args:
            found: Filled.
            now: DateTime text.
            lifetime_s: What the client suggests; the node lets none live longer than an hour.
        """
        wanted = _LIFETIME_S if lifetime_s is None else lifetime_s
        moment = parse_datetime(now)
        found.expires_at = moment + int(min(max(wanted, 1), _LONGEST_S) * _SECOND)
        self._maps[found.id] = found
        self._tidy(moment)

    def remember(self, found: EntityMap, *, now: str) -> None:
        """Keep for some seconds what the next page of the same query needs."""
        moment = parse_datetime(now)
        found.expires_at = moment + _MEMORY_S * _SECOND
        self._remembered[found.owner, found.fingerprint] = found
        self._tidy(moment)

    def recalled(self, owner: str, fingerprint: str, *, now: str) -> EntityMap | None:
        """Return what `remember` kept of a query, while it serves."""
        found = self._remembered.get((owner, fingerprint))
        return found if found is not None and found.expires_at > parse_datetime(now) else None

    def used(
        self, owner: str, location: str, kind: MapKind, fingerprint: str, *, now: str
    ) -> EntityMap | None:
        """Return the map that a request wants to use (5.5.14).

        Args:
            owner: Who asks.
            location: What it calls the map: an id, or the path or URL of its resource.
            kind: What it queries.
            fingerprint: Of its query.
            now: DateTime text.

        Returns:
            `None` where there is none any more: then a new one is to be made.

        Raises:
            InvalidInput: It was made by another query.
        """
        found = self._living(owner, map_id_of(location), now)
        if found is not None and (found.kind is not kind or found.fingerprint != fingerprint):
            raise InvalidInput(
                "The entity map was made by a query with other parameters",
                field="NGSILD-EntityMap",
                value=location,
                clause="5.5.14",
            )
        return found

    def of_one(
        self, owner: str, kind: MapKind, entity_id: str, holders: Iterable[str]
    ) -> EntityMap:
        """Make a map of one entity, which retrievals alone can use."""
        found = self.new(owner, kind, "")
        found.entries[entity_id] = tuple(holders)
        return found

    def any_used(
        self, owner: str, location: str | None, kind: MapKind, entity_id: str, *, now: str
    ) -> EntityMap | None:
        """Return the map that a retrieval wants to use: of whatever query, if it has the entity."""
        found = None if location is None else self._living(owner, map_id_of(location), now)
        if found is None or found.kind is not kind or entity_id not in found.entries:
            return None
        return found

    def retrieve(self, owner: str, map_id: str, *, now: str) -> EntityMap:
        """Return a map (5.14.1).

        Raises:
            InvalidInput: The id is no URI.
            EntityMapNotFound: There is none with this id.
        """
        if not is_uri(map_id):
            raise InvalidInput(
                "The id of an entity map must be a URI", field="id", value=map_id, clause="5.14.1.4"
            )
        found = self._living(owner, map_id, now)
        if found is None:
            raise EntityMapNotFound(map_id)
        return found

    def extend(self, owner: str, map_id: str, expires_at: str, *, now: str) -> None:
        """Let a map live until another moment (5.14.2), an hour from now at most.

        Raises:
            InvalidInput: The id is no URI, or the moment is in the past.
            EntityMapNotFound: There is none with this id.
        """
        found = self.retrieve(owner, map_id, now=now)
        moment, until = parse_datetime(now), parse_datetime(expires_at, field="expiresAt")
        if until <= moment:
            raise InvalidInput(
                "expiresAt must be in the future",
                field="expiresAt",
                value=expires_at,
                clause="5.14.2.4",
            )
        found.expires_at = min(until, moment + _LONGEST_S * _SECOND)

    def delete(self, owner: str, map_id: str, *, now: str) -> None:
        """Forget a map (5.14.3).

        Raises:
            InvalidInput: The id is no URI.
            EntityMapNotFound: There is none with this id.
        """
        del self._maps[self.retrieve(owner, map_id, now=now).id]

    def __len__(self) -> int:
        return len(self._maps)

    def _living(self, owner: str, map_id: str, now: str) -> EntityMap | None:
        found = self._maps.get(map_id)
        if found is None or found.owner != owner or found.expires_at <= parse_datetime(now):
            return None
        return found

    def _tidy(self, moment: int) -> None:
        """Forget what is over, and what is too much."""
        self._maps = _bounded(self._maps, moment)
        self._remembered = _bounded(self._remembered, moment)


def map_id_of(location: str) -> str:
    """Give the id of the map that a header names: itself, or at the end of a path."""
    return unquote(location.strip().rpartition("/")[2])


def _bounded(maps: Mapping[K, EntityMap], moment: int) -> dict[K, EntityMap]:
    living = {key: one for key, one in maps.items() if one.expires_at > moment}
    total = sum(len(one.entries) for one in living.values())
    if len(living) <= _MOST_MAPS and total <= _MOST_ENTITIES:
        return living
    for key, one in sorted(living.items(), key=lambda item: item[1].expires_at):
        if len(living) == 1 or (len(living) <= _MOST_MAPS and total <= _MOST_ENTITIES):
            break
        total -= len(one.entries)
        del living[key]
    return living
