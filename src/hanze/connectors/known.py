"""What the node holds already, as far as an import must know it: to refer to it, and not to double it."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar
from urllib.parse import quote

from msgspec import structs

from hanze.collaboration.records.entities import read_record
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import type_of
from hanze.collaboration.records.themes import Theme
from hanze.errors import InvalidInput
from hanze.ngsild.model import Attribute, AttributeKind, Entity

__all__ = ["OTHER_NAMES", "REFERRED", "Known", "folded", "key_of", "redirected"]

R = TypeVar("R", bound=Record)

#: Types that imported records refer to.
REFERRED: Final[tuple[type[Record], ...]] = (Municipality, Region, Country, Organization, Theme)

#: What Dutch municipalities are also called, by the folded name of the register.
OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "'s-gravenhage": ("The Hague", "Den Haag"),
    "'s-hertogenbosch": ("Den Bosch",),
}

#: Fields that hold a code under which a record is known elsewhere.
_CODES: Final = ("cbs_code", "kostat_code", "iso_code", "registration", "notation", "nuts_code")

_MARKS: Final = str.maketrans({"\u2019": "'", "\u2018": "'", "\xa0": " "})


class Known:
    """Records that are there.

    Args:
        entities: Of any types; what is no valid record is passed over.
        merged: Ids that went into another record: the old id → the one that holds it now.
    """

    def __init__(
        self, entities: Iterable[Entity] = (), merged: Mapping[str, str] | None = None
    ) -> None:
        self.records: dict[str, Record] = {}
        self.merged: Mapping[str, str] = merged or {}
        self._by_code: dict[str, list[Record]] = {}
        self._by_name: dict[tuple[type[Record], str], list[Record]] = {}
        for entity in entities:
            if type_of(entity.types) is None:
                continue
            try:
                self.add(read_record(entity))
            except InvalidInput:
                continue

    def add(self, record: Record) -> None:
        """Take a record that is there from now on."""
        if record.id in self.records:
            return
        self.records[record.id] = record
        for name in _CODES:
            code = getattr(record, name, None)
            if isinstance(code, str):
                self._by_code.setdefault(code, []).append(record)
        names = {folded(text) for text in record.title.values()}
        for name in names | {folded(n) for own in names for n in OTHER_NAMES.get(own, ())}:
            self._by_name.setdefault((type(record), name), []).append(record)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self.records

    def of(self, kind: type[R]) -> list[R]:
        """Return the records of a type."""
        return [record for record in self.records.values() if isinstance(record, kind)]

    def named(self, kind: type[R], name: str) -> R | None:
        """Return the one record of a type with this title in any language; `None` if not one."""
        found = self._by_name.get((kind, folded(name)), [])
        return found[0] if len(found) == 1 else None  # type: ignore[return-value]  # kept by its type

    def coded(self, code: str, kinds: Iterable[str]) -> str | None:
        """Return the id of the one record of these types (compact names) with a code."""
        wanted = set(kinds)
        found = [one for one in self._by_code.get(code, []) if type(one).__name__ in wanted]
        return found[0].id if len(found) == 1 else None


def folded(name: str) -> str:
    """Write a name as names are compared."""
    return " ".join(name.translate(_MARKS).casefold().split())


def key_of(name: str) -> str:
    """Make the last part of an id of a name: letters, digits and hyphens.

    Names of which nothing is left in Latin letters keep their own, percent-encoded.
    """
    letters = unicodedata.normalize("NFKD", folded(name))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    key = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")
    return key or quote(folded(name), safe="")


def redirected(entity: Entity, merged: Mapping[str, str]) -> Entity | None:
    """Let references to records that were merged point at what holds them now.

    Returns:
        `None` when the entity itself was merged into another.
    """
    if entity.id in merged:
        return None
    changed = {
        name: tuple(_redirected(instance, merged) for instance in instances)
        for name, instances in entity.attributes.items()
        if any(instance.kind is AttributeKind.RELATIONSHIP for instance in instances)
    }
    return structs.replace(entity, attributes={**entity.attributes, **changed})


def _redirected(instance: Attribute, merged: Mapping[str, str]) -> Attribute:
    value = instance.value
    if isinstance(value, str):
        return structs.replace(instance, value=merged.get(value, value))
    if isinstance(value, list | tuple):
        ids = dict.fromkeys(merged.get(one, one) if isinstance(one, str) else one for one in value)
        return structs.replace(instance, value=[*ids])
    return instance
