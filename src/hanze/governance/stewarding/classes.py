"""What types of entities are called open or closed, and which nobody decided about (pure)."""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication

__all__ = [
    "ALL_TYPES",
    "Decision",
    "Named",
    "Said",
    "Unclassified",
    "classified",
    "key_of",
    "unclassified",
]

#: Names all types, those to come included.
ALL_TYPES: Final = "*"
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_KEY: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Decision(NonPublication, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A decision as somebody fills it in: what is missing is refused by name later."""

    ground: str = ""
    decided_by: str = ""
    decided_at: str = ""
    review_at: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is said of types that are classified: members of `Dataset`."""

    access_rights: AccessRights | None = None
    owner: str = ""
    license: str | None = None
    conditions: dict[str, str] = {}
    purposes: tuple[str, ...] = ()
    legal_basis: str | None = None
    non_publication: Decision | None = None
    public_space: bool = False
    personal: bool = False
    categories: tuple[str, ...] = ()
    special: bool = False
    subject: str = ""
    consent: bool = False
    retention_days: int | None = None
    activity: str | None = None
    project: str | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A type as somebody names it.

    Attributes:
        name: For people: a term, or an IRI; "*" for all types.
        iris: What it means: a term may stand for the same in several @contexts. None for all types.
    """

    name: str
    iris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unclassified:
    """A type of which entities are covered by no dataset as a whole.

    Attributes:
        type: IRI.
        entities: How many they are.
        partly: Whether datasets cover some of them, or some of their attributes.
    """

    type: str
    entities: int
    partly: bool


def key_of(organisation: str) -> str:
    """Give the part of ids that names who keeps records: the last of an organisation's id."""
    last = _NOT_KEY.sub("-", organisation.rstrip("/").replace(":", "/").rpartition("/")[2])
    return last.strip("-") or "own"


def classified(
    named: Named, said: Said, *, tenant: str, key: str, known: Collection[Dataset]
) -> Dataset:
    """Make the dataset of a type; one that is known already keeps its id and its description.

    Args:
        tenant: Whose entities.
        key: Of who keeps it (`key_of`).
        known: The datasets that there are.
    """
    members = {field: getattr(said, field) for field in Said.__struct_fields__}
    before = next((one for one in known if _is_of(one, named, tenant)), None)
    if before is not None:
        return msgspec.structs.replace(before, types=named.iris, **members)
    taken = {one.id for one in known}
    title = "All data" if named.name == ALL_TYPES else _words(named.name)
    return Dataset(
        id=_free_id(named, tenant, key, taken),
        title={"en": title},
        tenant=tenant,
        types=named.iris,
        **members,
    )


def unclassified(
    datasets: Iterable[Dataset], tenant: str, there: Iterable[tuple[frozenset[str], int]]
) -> tuple[Unclassified, ...]:
    """List the types of which entities are closed because nobody decided about them.

    Args:
        there: Sets of types with how many entities of the tenant have exactly these.

    Returns:
        Sorted by IRI; entities of several types count for each.
    """
    deciding = [
        one
        for one in datasets
        if one.tenant in (ALL_TYPES, tenant) and one.access_rights is not None
    ]
    found: dict[str, Unclassified] = {}
    for types, count in there:
        covering = [one for one in deciding if not one.types or not types.isdisjoint(one.types)]
        if not count or any(_is_whole(one) for one in covering):
            continue
        for name in types:
            before = found.get(name)
            found[name] = Unclassified(
                name,
                count + (before.entities if before else 0),
                bool(covering) or (before is not None and before.partly),
            )
    return tuple(found[name] for name in sorted(found))


def _is_of(dataset: Dataset, named: Named, tenant: str) -> bool:
    """Tell whether a dataset is the one of a type: all its entities, and no others."""
    if dataset.tenant != tenant or not _is_whole(dataset):
        return False
    if not named.iris:
        return not dataset.types
    return bool(dataset.types) and set(dataset.types) <= set(named.iris)


def _is_whole(dataset: Dataset) -> bool:
    return not (dataset.scopes or dataset.attributes or dataset.sources)


def _free_id(named: Named, tenant: str, key: str, taken: Collection[str]) -> str:
    name = "all" if named.name == ALL_TYPES else _local(named.name)
    wanted = f"urn:ngsi-ld:Dataset:{key}:{tenant + '.' if tenant else ''}{name}"
    if wanted not in taken:
        return wanted
    # The same name in another vocabulary.
    return f"{wanted}-{hashlib.sha256(' '.join(named.iris).encode()).hexdigest()[:8]}"


def _local(name: str) -> str:
    """Take what is last of an IRI; a term is that already."""
    parts: Sequence[str] = re.split(r"[/#:]", name.rstrip("/#:"))
    return _NOT_KEY.sub("-", parts[-1]).strip("-") or "type"


def _words(name: str) -> str:
    """Write a type for people: "AirQualityObserved" is "Air quality observed"."""
    return " ".join(_lowered(_HUMP.split(_local(name)))).capitalize()


def _lowered(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield word if word.isupper() and len(word) > 1 else word.lower()
