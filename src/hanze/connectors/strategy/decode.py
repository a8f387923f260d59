"""The world of the strategy's files as records (pure).

A file has a table `[defaults]`, which counts for each record in it, and lists of records under the
name of their type. Fields bear the names that they have in Python. What makes the files short:

    key = "lomboxnet"        the last part of the id; by it other records name this one
    lead = "utrecht"         in a field that names another record: its key
    city = "@utrecht"        the same inside a structure, and where text may be an id
    deadline = "+60d"        a day counted from the one on which the world is made
    starts = "+60dT09:30"    a time of that day, as text

Signatures of accords need no digest here: it is that of the accord as the files have it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, cast

import msgspec

from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.members import Member
from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.collaboration.records.fields import Field, Shape, camel, fields_of
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.connectors import WrongInput
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.vocabulary import HANZE

__all__ = ["Document", "Placed", "World", "WorldDamaged", "decode"]

#: What one file says.
Document = Mapping[str, object]

_DAYS: Final = re.compile(r"([+-]\d+)d(T\d\d:\d\d)?")
_ID: Final = "urn:ngsi-ld:"
_DISTRICT: Final = "District"
#: Whose records are shared by all cities, wherever the city itself keeps its own.
_SHARED: Final = (Municipality, Region, Country)
#: Stands for the digest of an accord until the accord has been read.
_NO_DIGEST: Final = "0" * 64
#: Made-up records without a day of their own are from the last weeks before the world is made.
_RECENT_DAYS: Final = 90


class WorldDamaged(WrongInput):
    """A file of the world is not as it must be."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A record, and the tenant in which its city keeps it ("" is the default tenant)."""

    record: Record
    tenant: str


@dataclass(frozen=True, slots=True)
class World:
    """All that the files say.

    Attributes:
        records: In the order of the files; ids are unique.
        districts: Of real cities; the collective has no record type for them.
        members: Cities that take part as tenants.
    """

    records: Sequence[Placed]
    districts: Sequence[Entity]
    members: Sequence[Member]


def decode(documents: Mapping[str, Document], today: date) -> World:
    """Make the world of its files.

    Args:
        documents: By the name of the file.
        today: From which relative days are counted.

    Raises:
        WorldDamaged: A name leads nowhere or is there twice, or a record is not as its type is.
    """
    written = [item for name in sorted(documents) for item in _items(name, documents[name])]
    reader = _Reader(_ids(written), today)
    members = tuple(reader.member(item) for item in written if item.kind == "Member")
    tenants = {member.city: member.tenant for member in members}
    records = [
        reader.record(item, number)
        for number, item in enumerate(written)
        if item.kind in RECORD_TYPES
    ]
    return World(
        records=tuple(Placed(one, _tenant(one, tenants)) for one in _signed(records)),
        districts=tuple(reader.district(item) for item in written if item.kind == _DISTRICT),
        members=members,
    )


def _signed(records: Sequence[Record]) -> Iterator[Record]:
    """Give signatures of accords the digest of what they sign."""
    digests = {one.id: digest_of(one) for one in records if isinstance(one, Accord)}
    for record in records:
        if isinstance(record, AccordSignature) and record.digest == _NO_DIGEST:
            yield msgspec.structs.replace(record, digest=digests[record.accord])
        else:
            yield record


@dataclass(frozen=True, slots=True)
class _Item:
    """One table of a file."""

    file: str
    kind: str
    values: Mapping[str, object] = field(repr=False)

    @property
    def key(self) -> str:
        return str(self.values.get("key", ""))


def _items(file: str, document: Document) -> Iterator[_Item]:
    defaults = cast("Mapping[str, object]", document.get("defaults", {}))
    for kind, tables in document.items():
        if kind == "defaults":
            continue
        if kind not in RECORD_TYPES and kind not in (_DISTRICT, "Member"):
            raise WorldDamaged(f"{file}: {kind} is no type of record")
        for values in cast("Sequence[Mapping[str, object]]", tables):
            yield _Item(file, kind, {**defaults, **values} if kind != "Member" else values)


def _ids(items: Sequence[_Item]) -> dict[str, str]:
    """The ids of all that have a key."""
    found: dict[str, str] = {}
    for item in items:
        if item.kind == "Member":
            continue
        if not item.key or item.key in found:
            raise WorldDamaged(f"{item.file}: key {item.key!r} is missing or is there twice")
        found[item.key] = _id(item)
    return found


def _id(item: _Item) -> str:
    tail = item.values.get("id")
    if tail is None:
        space = item.values.get("space") or item.values.get("source_city") or "demo"
        tail = f"{space}:{item.key}"
    return f"{_ID}{item.kind}:{tail}"


def _tenant(record: Record, tenants: Mapping[str, str]) -> str:
    if isinstance(record, _SHARED) or record.source_city is None:
        return ""
    return tenants.get(record.source_city, "")


class _Reader:
    """Reads items, with the ids of all others at hand."""

    def __init__(self, ids: Mapping[str, str], today: date) -> None:
        self._ids = ids
        self._today = today

    def record(self, item: _Item, number: int) -> Record:
        kind = RECORD_TYPES[item.kind]
        fields = {field.name: field for field in fields_of(kind)}
        values: dict[str, object] = {"id": self._ids[item.key]}
        for name, value in item.values.items():
            if name in ("key", "id", "space"):
                continue
            if name not in fields:
                raise WorldDamaged(f"{item.file}: {item.kind} {item.key} has no field {name}")
            values[name] = self._field(item, fields[name], value)
        if kind is AccordSignature:
            values.setdefault("digest", _NO_DIGEST)
        if values.get("simulated") and "source_date" not in values:
            values["source_date"] = self._today - timedelta(days=1 + number * 7 % _RECENT_DAYS)
        try:
            return msgspec.convert(values, kind, strict=False)
        except msgspec.ValidationError as error:
            raise WorldDamaged(f"{item.file}: {item.kind} {item.key}: {error}") from error

    def district(self, item: _Item) -> Entity:
        """Make a district: its name, the city that it is of, and where that is from."""
        values = item.values
        found = {
            "name": Attribute(kind=AttributeKind.LANGUAGE_PROPERTY, value=values["title"]),  # type: ignore[arg-type]  # text by language, as in every file
            "municipality": Attribute(
                kind=AttributeKind.RELATIONSHIP, value=self._id(item, str(values["city"]))
            ),
            "dataProvider": Attribute(
                kind=AttributeKind.PROPERTY, value=str(values["data_provider"])
            ),
        }
        return Entity(
            id=self._ids[item.key],
            types=(HANZE.expand_name(_DISTRICT),),
            attributes={HANZE.expand_name(name): (value,) for name, value in found.items()},
        )

    def member(self, item: _Item) -> Member:
        values = item.values
        since = self._plain(item, values["since"])
        return Member(
            tenant=str(values["tenant"]),
            city=self._id(item, str(values["city"])),
            since=cast("date", since),
        )

    def _field(self, item: _Item, field: Field, value: object) -> object:
        if field.shape is not Shape.REFERENCE:
            return self._plain(item, value)
        if isinstance(value, list):
            return [self._id(item, str(key)) for key in value]
        return self._id(item, str(value))

    def _plain(self, item: _Item, value: object) -> object:
        """Put ids and days where the files have their short forms, however deep."""
        if isinstance(value, Mapping):
            return {camel(name): self._plain(item, member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._plain(item, member) for member in value]
        if isinstance(value, str):
            if value.startswith("@"):
                return self._id(item, value[1:])
            days = _DAYS.fullmatch(value)
            if days is not None:
                day = self._today + timedelta(days=int(days[1]))
                return day if days[2] is None else f"{day}{days[2]}"
        return value

    def _id(self, item: _Item, key: str) -> str:
        if key.startswith(_ID):
            return key
        found = self._ids.get(key)
        if found is None:
            raise WorldDamaged(f"{item.file}: {item.kind} {item.key} names {key}, which is nothing")
        return found
