"""What of an entity goes when somebody has the own data erased (pure), and who carries it out."""

from collections.abc import Collection, Iterable
from enum import Enum
from typing import Protocol

import msgspec

from hanze.governance.decision import SOURCES
from hanze.governance.records.dataset import Dataset
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import Among, Part, said_of

__all__ = [
    "Erased",
    "Eraser",
    "Fate",
    "Going",
    "about_people",
    "going_of",
    "is_covered",
    "parts_of",
]


class Fate(Enum):
    """What becomes of an entity."""

    STAYS = "stays"
    #: Some attributes go.
    EMPTIED = "emptied"
    #: It goes, with its history.
    GONE = "gone"
    #: It is about others, too: a person has to decide what goes.
    SHARED = "shared"


class Going(msgspec.Struct, frozen=True):
    """What goes of an entity.

    Attributes:
        fate: As a whole.
        attributes: IRIs, where it is emptied.
    """

    fate: Fate
    attributes: frozenset[str] = frozenset()


class Erased(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was erased.

    Attributes:
        entities: How many were deleted or emptied.
        evolutions: How many histories were.
        shared: Ids of entities that are about others, too: they stay.
    """

    entities: int = 0
    evolutions: int = 0
    shared: tuple[str, ...] = ()


class Eraser(Protocol):
    """Carries erasure out: in the state, in the history, and in the logs' pseudonyms."""

    async def erase_subject(
        self, caller: Caller, subject: str, *, dataset: str | None, now: str
    ) -> Erased:
        """Erase what the tenant of the caller has about a data subject.

        Args:
            caller: The steward; the log names it.
            subject: What data calls the data subject.
            dataset: Of this dataset alone; `None`: everything, and the pseudonym with it.
            now: DateTime text.
        """
        ...


def about_people(datasets: Iterable[Dataset], tenant: str) -> list[Dataset]:
    """List the datasets of a tenant that name data subjects, without confidential ones.

    Of those a data subject is told nothing, so they are not shown, and not erased because it asks.
    """
    return [
        one
        for one in datasets
        if one.subject and not one.confidential and one.tenant in ("*", tenant)
    ]


def parts_of(dataset: Dataset) -> tuple[Part, ...]:
    """Make the selection of a dataset, to ask what it covers: it is what any of these covers."""
    sources = frozenset(dataset.sources)
    return tuple(
        Part(
            dataset=dataset.id,
            types=dataset.types,
            scopes=dataset.scopes,
            attributes=dataset.attributes,
            when=when,
            subject=dataset.subject,
        )
        for when in ([Among(one, sources) for one in SOURCES] if sources else [None])
    )


def is_covered(dataset: Dataset, entity: Entity) -> bool:
    """Tell whether a dataset covers something of an entity."""
    return any(part.covers(entity) for part in parts_of(dataset))


def going_of(entity: Entity, parts: Collection[Part], subject: str) -> Going:
    """Say what goes of an entity when a data subject is erased.

    Args:
        parts: Of the datasets that name data subjects.
        subject: What data calls the data subject.
    """
    names: set[str] = set()
    shared = False
    for part in parts:
        said = said_of(entity, part.subject)
        if subject not in said or not part.covers(entity):
            continue
        if len(said) > 1:
            shared = True
        elif part.attributes:
            names.update({*part.attributes, part.subject} & entity.attributes.keys())
        else:
            return Going(Fate.GONE)
    if names:
        return Going(Fate.EMPTIED, frozenset(names))
    return Going(Fate.SHARED if shared else Fate.STAYS)
