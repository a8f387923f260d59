"""Which files the records name: what a public record names is for everybody, receipts are not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.kept import while_unchanged
from hanze.collaboration.records.cooperation import (
    Accord,
    CooperationStep,
    Document,
    WorkingGroup,
)
from hanze.collaboration.records.missions import MissionReport
from hanze.collaboration.records.record import Label

__all__ = ["NamedDocument", "named_documents"]


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A file as a record names it.

    Attributes:
        title: By language; that of the record where minutes name it.
        record: Id of the record.
    """

    title: Label
    record: str


def named_documents(collective: Collective) -> Mapping[str, NamedDocument]:
    """List the files that public records name, by hash; of several names the first by id of record.

    Receipts of costs are not among them: they are for who writes and audits.
    """
    return while_unchanged(collective, "named documents", lambda: dict(_named(collective)))


def _named(collective: Collective) -> Iterator[tuple[str, NamedDocument]]:
    # Backwards, so that the first of several is the one that stays.
    for document, record_id in reversed(list(_documents(collective))):
        yield document.sha256, NamedDocument(document.title, record_id)


def _documents(collective: Collective) -> Iterator[tuple[Document, str]]:
    holders: tuple[Sequence[Held[Accord | CooperationStep | MissionReport]], ...] = (
        collective.of(Accord),
        collective.of(CooperationStep),
        collective.of(MissionReport),
    )
    for held in chain.from_iterable(holders):
        for one in held.record.documents:
            yield one, held.record.id
    for group in collective.of(WorkingGroup):
        for minutes in group.record.minutes:
            if minutes.document is not None:
                title = group.record.title
                yield Document(title=title, sha256=minutes.document), group.record.id
