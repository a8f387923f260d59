"""Which part of a write goes to which source, and what stays here (CIM 009, 4.3.6, 5.6, 5.12).

Exclusive sources come first, then redirect ones: what they are registered for is theirs alone. What
remains is written here, and offered to every inclusive source that takes such a request. Auxiliary
sources are only read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from hanze.broker.registry import Match
from hanze.ngsild.model import Entity, Fragment
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.registration.matching import Wanted
from hanze.ngsild.registration.model import Mode, RegistrationInfo
from hanze.ngsild.temporal.model import TemporalEntity

__all__ = [
    "ENTITY",
    "Key",
    "Part",
    "Plan",
    "Subject",
    "kept",
    "narrowed",
    "plan_of",
    "subject_of_attribute",
    "subject_of_content",
    "subject_of_entity",
    "subject_of_evolution",
]

#: An instance of an attribute: IRI and datasetId, which is `None` for the default instance.
Key = tuple[str, str | None]

T = TypeVar("T")
C = TypeVar("C", bound=Entity | Fragment)

#: What a write is said to be about that names no attribute.
ENTITY: Final = "id"


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a write is about.

    Attributes:
        wanted: Finds the registrations that it concerns.
        keys: The instances that it writes.
        whole: Whether it says something of the entity besides: its scope, its expiry, or that it
            is there at all.
        everything: Whether it is about all of the entity, whatever that has (5.6.6).
        every_dataset: Whether it is about all instances of the attributes in `keys` (5.6.5).
        label: Names what `whole` is about, in results.
    """

    wanted: Wanted
    keys: frozenset[Key] = frozenset()
    whole: bool = False
    everything: bool = False
    every_dataset: bool = False
    label: str = ENTITY

    @property
    def is_vague(self) -> bool:
        """Whether nobody said of which types the entity is: many registrations match then."""
        return self.wanted.types is None


class Part(msgspec.Struct, frozen=True):
    """What of a write one source gets, or what stays here.

    Attributes:
        match: The source; `None` for what stays.
        keys: The instances.
        whole: Whether the entity's own members go with them.
        supported: Whether the source takes such a request.
        label: Names what `whole` is about, in results.
        alone: Whether nobody else gets anything: it is all that is written.
    """

    match: Match | None
    keys: frozenset[Key]
    whole: bool
    supported: bool = True
    label: str = ENTITY
    alone: bool = False

    def __bool__(self) -> bool:
        return bool(self.keys) or self.whole

    @property
    def names(self) -> tuple[str, ...]:
        """What it is about, for results: IRIs of attributes, or the label."""
        found = tuple(sorted({name for name, _ in self.keys}))
        return (*found, self.label) if self.whole else found

    @property
    def registered_types(self) -> frozenset[str] | None:
        """Types that may be named to the source; `None` for any."""
        return None if self.match is None else _types(self.match.information)


class Plan(msgspec.Struct, frozen=True):
    """Where a write goes.

    Attributes:
        parts: For sources, in the order in which their registrations were made.
        rest: What is written here; false where nothing is.
    """

    parts: tuple[Part, ...]
    rest: Part


@dataclass(slots=True)
class _Left:
    """What no proxied source has taken yet."""

    subject: Subject
    keys: set[Key] = field(init=False)
    whole: bool = field(init=False)

    def __post_init__(self) -> None:
        self.keys = set(self.subject.keys)
        self.whole = self.subject.whole

    def part_for(self, match: Match, takes: Callable[[Match], bool]) -> Part:
        """Narrow what is left to what a registration is about."""
        names = _names(match.information)
        datasets = None if self.subject.every_dataset else match.registration.dataset_ids
        keys = frozenset(
            key
            for key in self.keys
            if (not names or key[0] in names) and (datasets is None or key[1] in datasets)
        )
        return Part(
            match=match,
            keys=keys,
            whole=self.whole and (not names or self.subject.everything),
            supported=takes(match),
            label=self.subject.label,
        )

    def take(self, parts: Iterable[Part]) -> None:
        """Leave out what proxied sources have."""
        for part in parts:
            datasets = part.match.registration.dataset_ids if part.match else None
            if self.subject.everything or (self.subject.every_dataset and datasets is not None):
                continue
            self.keys -= part.keys
            self.whole = self.whole and not (part.whole and datasets is None)


def plan_of(subject: Subject, matches: Sequence[Match], takes: Callable[[Match], bool]) -> Plan:
    """Divide a write among the sources that it concerns and the node itself.

    Args:
        subject: What is written.
        matches: Registrations that it concerns (5.12), whatever they support.
        takes: Whether a source takes such a request.
    """
    if not matches:
        # Most writes concern no source.
        rest = Part(None, subject.keys, subject.whole, label=subject.label, alone=True)
        return Plan((), rest)
    left = _Left(subject)
    found: dict[int, Part] = {}
    for mode in (Mode.EXCLUSIVE, Mode.REDIRECT, Mode.INCLUSIVE):
        parts = {
            number: part
            for number, match in enumerate(matches)
            if match.registration.mode is mode and (part := left.part_for(match, takes))
        }
        if mode.is_proxied:
            left.take(parts.values())
        else:
            parts = {number: part for number, part in parts.items() if part.supported}
        found.update(parts)
    rest = Part(None, frozenset(left.keys), left.whole, label=subject.label)
    return Plan(tuple(found[number] for number in sorted(found)), rest)


def subject_of_entity(
    entity_id: str, types: Sequence[str] = (), selection: TypeSelection | None = None
) -> Subject:
    """Say what a request is about that names an entity and nothing of it (5.6.6, 5.6.16).

    Args:
        entity_id: Its id.
        types: Of the entity as it is held here, if it is.
        selection: The types that the request names (4.17).
    """
    wanted = _wanted(entity_id, frozenset(), tuple(types), selection, held=types)
    return Subject(wanted=wanted, whole=True, everything=True)


def subject_of_content(
    entity_id: str,
    content: Entity | Fragment,
    types: Sequence[str] = (),
    selection: TypeSelection | None = None,
    *,
    replaces: bool = False,
) -> Subject:
    """Say what a request is about that brings an entity, or a fragment of one.

    Args:
        entity_id: Its id.
        content: What is written.
        types: Of the entity as it is held here, if it is; those of a fragment join them.
        selection: The types that the request names (4.17).
        replaces: Whether what the content lacks shall go (5.6.18).
    """
    keys = frozenset(
        (name, one.dataset_id) for name, own in content.attributes.items() for one in own
    )
    known = tuple(dict.fromkeys((*types, *content.types)))
    label = "scope" if content.scope else "expiresAt" if content.expires_at else ENTITY
    is_known = isinstance(content, Entity) or bool(types)
    return Subject(
        wanted=_wanted(entity_id, keys, known, selection, held=known if is_known else ()),
        keys=keys,
        whole=replaces or label != ENTITY or not keys,
        label=label,
    )


def subject_of_evolution(entity: TemporalEntity, held: Sequence[str]) -> Subject:
    """Say what a request is about that brings instances of a history (5.6.11, 5.6.12).

    Args:
        entity: What is written.
        held: Types of the evolution, as far as they are known for sure.
    """
    keys = frozenset(
        (name, one.attribute.dataset_id) for name, own in entity.attributes.items() for one in own
    )
    known = tuple(dict.fromkeys((*held, *entity.types)))
    wanted = _wanted(entity.id, keys, known, None, held=known if held else ())
    return Subject(wanted=wanted, keys=keys, whole=not keys)


def subject_of_attribute(
    entity_id: str,
    keys: Iterable[Key],
    *,
    types: Sequence[str] = (),
    selection: TypeSelection | None = None,
    every_dataset: bool = False,
) -> Subject:
    """Say what a request is about that names attributes of an entity (5.6.4, 5.6.5, 5.6.19)."""
    found = frozenset(keys)
    wanted = _wanted(
        entity_id, found, tuple(types), selection, held=types, every_dataset=every_dataset
    )
    return Subject(wanted=wanted, keys=found, every_dataset=every_dataset)


def narrowed(content: C, part: Part) -> C:
    """Leave of an entity or a fragment what belongs to a part (4.3.6.1)."""
    if part.alone:
        return content
    types = part.registered_types
    changed = replace(
        content,
        attributes=kept(content.attributes, part, lambda one: one.dataset_id),
        types=tuple(iri for iri in content.types if types is None or iri in types),
    )
    if part.whole or part.match is None:
        return changed
    return replace(changed, scope=() if isinstance(changed, Entity) else None, expires_at=None)


def kept(
    attributes: Mapping[str, tuple[T, ...]], part: Part, dataset_of: Callable[[T], str | None]
) -> dict[str, tuple[T, ...]]:
    """Leave of attributes those instances that belong to a part."""
    found = {
        name: tuple(one for one in own if (name, dataset_of(one)) in part.keys)
        for name, own in attributes.items()
    }
    return {name: own for name, own in found.items() if own}


def _wanted(
    entity_id: str,
    keys: frozenset[Key],
    types: tuple[str, ...],
    selection: TypeSelection | None,
    *,
    held: Iterable[str],
    every_dataset: bool = False,
) -> Wanted:
    known = tuple(frozenset((iri,)) for iri in types) or None
    datasets = frozenset(dataset for _, dataset in keys)
    return Wanted(
        ids=(entity_id,),
        types=known if selection is None else selection,
        names=frozenset(name for name, _ in keys),
        datasets=datasets if datasets and not every_dataset else None,
        held=frozenset(held),
    )


def _names(information: Iterable[RegistrationInfo]) -> frozenset[str]:
    """IRIs of the only attributes that are registered; empty for all."""
    found = [info.names for info in information]
    return frozenset().union(*found) if all(found) else frozenset()


def _types(information: Iterable[RegistrationInfo]) -> frozenset[str] | None:
    found = list(information)
    if not all(info.entities for info in found):
        return None
    return frozenset(iri for info in found for one in info.entities for iri in one.types)
