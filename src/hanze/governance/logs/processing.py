"""Which data subjects something was done to: what records of processing say (pure).

One record for each data subject and operation, never a sample (Logboek Dataverwerkingen). It names
the data subject by a pseudonym, and no employee.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from hanze.governance.decision import SOURCES
from hanze.governance.records.log import ProcessingRecord
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.identity.trace import Trace
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import Among, Part, said_of

__all__ = ["Personal", "personal_of", "processed"]


@dataclass(frozen=True, slots=True)
class Personal:
    """A selection of values about people.

    Attributes:
        part: What is selected; its `subject` names the attribute that says whom it is about.
        activity: Id of the processing activity that gathers it; "" where none is known.
        confidential: Whether data subjects are not told.
    """

    part: Part
    activity: str = ""
    confidential: bool = False

    def selects(self, entity: Entity) -> bool:
        """Tell whether an entity, as it is given, says something of it."""
        names = self.part.attributes
        if names and not any(name in entity.attributes for name in names):
            return False
        return self.part.covers(entity)


def personal_of(rules: Rules, tenant: str) -> tuple[Personal, ...]:
    """Return what a tenant has about people; empty where it has nothing, which is usual."""
    return tuple(_selections(rules, tenant))


def processed(
    selections: Sequence[Personal],
    caller: Caller,
    entities: Iterable[Entity],
    pseudonym: Callable[[str, str], str],
    *,
    name: str,
    now: str,
    trace: Trace,
    confidential: bool = False,
) -> list[ProcessingRecord]:
    """Make the records of one operation.

    Args:
        selections: What is about people in the caller's tenant.
        entities: As they are given, or written.
        pseudonym: Of a tenant and what its data calls a data subject.
        name: Of the operation.
        confidential: Whether the activity that asks is one of which data subjects are not told.
    """
    touched: dict[str, list[Personal]] = {}
    for entity in entities:
        for selection in selections:
            if selection.selects(entity):
                for subject in _subjects(selection.part.subject, entity):
                    found = touched.setdefault(subject, [])
                    if selection not in found:
                        found.append(selection)
    return [
        ProcessingRecord(
            at=now,
            trace_id=trace.trace_id,
            span_id=trace.span_id,
            parent_span_id=trace.parent_span_id,
            name=name,
            activity=caller.activity or next((one.activity for one in about if one.activity), ""),
            subject=pseudonym(caller.tenant, subject),
            organisation=caller.organisation or "",
            purpose=caller.purpose or "",
            datasets=tuple(dict.fromkeys(one.part.dataset for one in about)),
            confidential=confidential or any(one.confidential for one in about),
        )
        for subject, about in touched.items()
    ]


def _selections(rules: Rules, tenant: str) -> Iterator[Personal]:
    for dataset in rules.datasets.values():
        if not (dataset.personal or dataset.subject) or dataset.tenant not in ("*", tenant):
            continue
        sources = frozenset(dataset.sources)
        for when in [Among(one, sources) for one in SOURCES] if sources else [None]:
            part = Part(
                dataset=dataset.id,
                types=dataset.types,
                scopes=dataset.scopes,
                attributes=dataset.attributes,
                when=when,
                subject=dataset.subject,
            )
            yield Personal(part, dataset.activity or "", dataset.confidential)


def _subjects(attribute: str, entity: Entity) -> frozenset[str]:
    """Say whom an entity is about; who it is that nothing names is known by the entity's id."""
    said = said_of(entity, attribute) if attribute else frozenset[str]()
    return said or frozenset((entity.id,))
