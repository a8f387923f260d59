"""Datasets and agreements as pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass

from hanze.governance.records.agreement import AgreementState
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.stewarding.agreements import Standing
from hanze.web.portal.stewarding.names import Called, Namer

__all__ = ["AgreementRow", "DatasetRow", "agreement_row", "dataset_row"]


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset in a list, and on its own page.

    Attributes:
        access: "PUBLIC", "RESTRICTED", "NON_PUBLIC", or "" while nobody decided.
        types: In words; none for all types.
        review: Day of the review, in words; "" where there is none.
        overdue: Whether that is past.
        soon: Whether it is near.
    """

    dataset: Dataset
    called: Called
    path: str
    access: str
    types: tuple[str, ...]
    owner: Called | None
    purposes: tuple[Called, ...]
    description: Called | None
    conditions: Called | None
    decided: str
    review: str
    overdue: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """A version of an agreement.

    Attributes:
        data: Names of the datasets, with the paths of their pages.
        begins: Day in words; so for `ends`.
        soon: Whether it is in force and ends soon.
        waits_for: Who still has to sign.
        signed: Both parties, with the day on which each signed it, "" where it did not.
    """

    standing: Standing
    path: str
    data: tuple[tuple[Called, str], ...]
    owner: Called
    consumer: Called
    purposes: tuple[Called, ...]
    never: tuple[Called, ...]
    begins: str
    ends: str
    soon: bool
    waits_for: tuple[Called, ...]
    signed: tuple[tuple[Called, str], ...]


def dataset_row(namer: Namer, dataset: Dataset) -> DatasetRow:
    """Write a dataset for a page."""
    rights, decision = dataset.access_rights, dataset.non_publication
    closed = rights not in (None, AccessRights.PUBLIC) and decision is not None
    review = decision.review_at if closed and decision is not None else ""
    return DatasetRow(
        dataset=dataset,
        called=namer.dataset(dataset),
        path=namer.dataset_path(dataset.id),
        access=rights.value if rights is not None else "",
        types=tuple(sorted({namer.type(iri) for iri in dataset.types})),
        owner=namer.organisation(dataset.owner) if dataset.owner else None,
        purposes=namer.purposes(dataset.purposes),
        description=namer.text(dataset.description),
        conditions=namer.text(dataset.conditions),
        decided=namer.day(decision.decided_at) if decision is not None else "",
        review=namer.day(review) if review else "",
        overdue=bool(review) and review < namer.visit.now[:10],
        soon=bool(review) and namer.is_soon(review),
    )


def agreement_row(
    namer: Namer, standing: Standing, datasets: Mapping[str, Dataset]
) -> AgreementRow:
    """Write a version of an agreement for a page.

    Args:
        datasets: By id.
    """
    agreement = standing.agreement
    prohibited = {
        value
        for rule in agreement.prohibitions
        for constraint in rule.constraints
        for value in constraint.right_operand
        if "#" in value
    }
    days = {one.party: namer.day(one.at) for one in agreement.signatures}
    parties = (agreement.assigner, agreement.assignee)
    return AgreementRow(
        standing=standing,
        path=namer.agreement_path(agreement.id),
        data=tuple(_data(namer, target, datasets) for target in agreement.targets),
        owner=namer.organisation(agreement.assigner),
        consumer=namer.organisation(agreement.assignee),
        purposes=namer.purposes(agreement.purposes),
        never=namer.purposes(sorted(prohibited)),
        begins=namer.day(agreement.valid_from),
        ends=namer.day(standing.ends_at),
        soon=standing.state is AgreementState.ACTIVE and namer.is_soon(standing.ends_at),
        waits_for=tuple(map(namer.organisation, standing.waits_for)),
        signed=tuple((namer.organisation(one), days.get(one, "")) for one in parties),
    )


def _data(namer: Namer, target: str, datasets: Mapping[str, Dataset]) -> tuple[Called, str]:
    known = datasets.get(target)
    called = namer.dataset(known) if known is not None else Called(target, target)
    return called, namer.dataset_path(target)
