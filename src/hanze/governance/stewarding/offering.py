"""What an agreement may be about (pure)."""

from collections.abc import Collection
from itertools import count

from hanze.errors import Conflicting, InvalidInput
from hanze.governance.records.agreement import Agreement
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.rules import Rules
from hanze.governance.stewarding.checking import bound_of
from hanze.governance.stewarding.classes import ALL_TYPES, key_of

__all__ = ["AgreementRefused", "ReviewOverdue", "check_targets", "free_id"]


class AgreementRefused(InvalidInput):
    """An agreement is about what its owner cannot open with one (422)."""


class ReviewOverdue(Conflicting):
    """Before something new is agreed, what was decided about the data is reviewed."""

    def __init__(self, record_id: str, due: str) -> None:
        super().__init__(f"{record_id} should have been reviewed on {due}: no new agreements until")
        self.field = "targets"
        self.value = record_id


def check_targets(agreement: Agreement, rules: Rules, tenant: str, *, now: str) -> None:
    """See that an agreement opens closed data of its owner, for purposes that they can serve.

    Args:
        tenant: Of the datasets.
        now: DateTime text.

    Raises:
        AgreementRefused: It does not; `field` names the member.
        ReviewOverdue: A decision about the data, or the assessment of their project, is overdue.
    """
    if agreement.valid_until <= now:
        raise AgreementRefused(
            "An agreement must end in the future", field="validUntil", value=agreement.valid_until
        )
    for target in agreement.targets:
        dataset = rules.datasets.get(target)
        if dataset is None or dataset.tenant not in (ALL_TYPES, tenant):
            raise AgreementRefused("No such dataset exists", field="targets", value=target)
        if dataset.access_rights is not AccessRights.RESTRICTED:
            raise AgreementRefused(
                "An agreement is about data that are closed, and not to all but their owner",
                field="targets",
                value=target,
            )
        if agreement.assigner != (dataset.owner or rules.own):
            raise AgreementRefused(
                "Only the owner of data makes agreements about them",
                field="assigner",
                value=agreement.assigner,
            )
        _check_purposes(agreement, dataset, rules)
        _check_reviews(dataset, rules, now[:10])


def free_id(organisation: str, known: Collection[str], now: str) -> str:
    """Make an id for an agreement of an organisation: the day, and a number.

    Args:
        known: Ids that there are.
        now: DateTime text.
    """
    wanted = f"urn:ngsi-ld:Agreement:{key_of(organisation)}:{now[:10]}"
    return next(one for n in count(1) if (one := f"{wanted}-{n}") not in known)


def _check_purposes(agreement: Agreement, dataset: Dataset, rules: Rules) -> None:
    """Keep what is derived to the purposes of what it is derived from."""
    if bound_of(dataset, rules.datasets) is None:
        return
    beyond = [name for name in agreement.purposes if name not in dataset.purposes]
    if beyond:
        raise AgreementRefused(
            f"{dataset.id} is derived, and serves only the purposes that all its inputs have",
            field="purposes",
            value=beyond[0],
        )


def _check_reviews(dataset: Dataset, rules: Rules, today: str) -> None:
    decision = dataset.non_publication
    if decision is not None and decision.review_at < today:
        raise ReviewOverdue(dataset.id, decision.review_at)
    project = rules.projects.get(dataset.project or "")
    if project is not None and project.review_by is not None and project.review_by < today:
        raise ReviewOverdue(project.id, project.review_by)
