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
from hanze.collaboration.records.missions import MissionReport, TravelPermission
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

    Only records of this node give its files away: whoever reads a hash in a public record could
    name it in one of another node. Receipts of costs are not among them, whatever else names them:
    they are for who writes and audits.
    """
    return while_unchanged(collective, "named documents", lambda: dict(_named(collective)))


def _named(collective: Collective) -> Iterator[tuple[str, NamedDocument]]:
    receipts = {
        cost.receipt_document
        for held in collective.of(TravelPermission)
        if held.home is None
        for cost in held.record.costs
    }
    # Backwards, so that the first of several is the one that stays.
    for document, record_id in reversed(list(_documents(collective))):
        if document.sha256 not in receipts:
            yield document.sha256, NamedDocument(document.title, record_id)


def _documents(collective: Collective) -> Iterator[tuple[Document, str]]:
    holders: tuple[Sequence[Held[Accord | CooperationStep | MissionReport]], ...] = (
        collective.of(Accord),
        collective.of(CooperationStep),
        collective.of(MissionReport),
    )
    for held in chain.from_iterable(holders):
        for one in held.record.documents if held.home is None else ():
            yield one, held.record.id
    for group in collective.of(WorkingGroup):
        for minutes in group.record.minutes if group.home is None else ():
            if minutes.document is not None:
                title = group.record.title
                yield Document(title=title, sha256=minutes.document), group.record.id
