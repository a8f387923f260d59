"""What an agreement may be about (pure)."""

import re
from collections.abc import Collection
from itertools import count
from typing import Final

import msgspec

from hanze.errors import Conflicting, InvalidInput
from hanze.governance.activation import overdue_reviews
from hanze.governance.grounds import purposes_bound
from hanze.governance.policy import ODRL, PURPOSE, permission
from hanze.governance.purposes import purpose_iri
from hanze.governance.records.agreement import Agreement, Constraint, Rule, Statute
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.rules import Rules
from hanze.governance.stewarding.classes import ALL_TYPES, key_of
from hanze.ngsild.moment import parse_datetime

__all__ = ["AgreementRefused", "Offering", "ReviewOverdue", "check_targets", "free_id", "terms_of"]

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


class AgreementRefused(InvalidInput):
    """An agreement is about what its owner cannot open with one (422)."""


class ReviewOverdue(Conflicting):
    """Before something new is agreed, what was decided about the data is reviewed."""

    def __init__(self, record_id: str, due: str) -> None:
        super().__init__(f"{record_id} should have been reviewed on {due}: no new agreements until")
        self.field = "targets"
        self.value = record_id


class Offering(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is to be agreed, as people say it.

    Attributes:
        id: Of the agreement; "" for one that the node chooses.
        targets: Ids of datasets.
        assigner: Id of the owner's organisation; "" for the owner of the data.
        assignee: Id of the consumer's organisation.
        purposes: IRIs, or names with a prefix of DPV ("dpv:AcademicResearch").
        prohibited: Purposes that are never allowed, with what is narrower.
        opens_narrower: Whether narrower purposes pass, too.
        duties: What the consumer has to do: "attribute", "delete", "inform".
        valid_from: Day or DateTime; "" for now.
        valid_until: Day or DateTime: from then on it is not in force.
        statute: Where it rests on law.
    """

    id: str = ""
    targets: tuple[str, ...]
    assigner: str = ""
    assignee: str
    purposes: tuple[str, ...]
    prohibited: tuple[str, ...] = ()
    opens_narrower: bool = False
    duties: tuple[str, ...] = ()
    valid_from: str = ""
    valid_until: str
    statute: Statute | None = None


def terms_of(offering: Offering, rules: Rules, now: str) -> Agreement:
    """Write what is offered as terms in the profile that this node understands.

    Raises:
        UnknownPurpose: A purpose is none.
    """
    purposes = tuple(dict.fromkeys(purpose_iri(one, field="purposes") for one in offering.purposes))
    prohibited = tuple(purpose_iri(one, field="prohibited") for one in offering.prohibited)
    duties = tuple(one if ":" in one else ODRL + one for one in offering.duties)
    owners = (rules.datasets[one].owner for one in offering.targets if one in rules.datasets)
    return Agreement(
        id=offering.id,
        targets=offering.targets,
        assigner=offering.assigner or next(owners, "") or rules.own,
        assignee=offering.assignee,
        permissions=(permission(*purposes, duties=duties),) if purposes else (),
        prohibitions=(_prohibition(prohibited),) if prohibited else (),
        purposes=purposes,
        opens_narrower=offering.opens_narrower,
        valid_from=_moment(offering.valid_from) if offering.valid_from else now,
        valid_until=_moment(offering.valid_until),
        statute=offering.statute,
        created_at=now,
    )


def check_targets(agreement: Agreement, rules: Rules, tenant: str, *, now: str) -> None:
    """See that an agreement opens closed data of its owner, for purposes that they can serve.

    Args:
        tenant: Of the datasets.
        now: DateTime text.

    Raises:
        AgreementRefused: It does not; `field` names the member.
        ReviewOverdue: A decision about the data, or the assessment of their project, is overdue.
    """
    if parse_datetime(agreement.valid_until, field="validUntil") <= parse_datetime(now):
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


def _prohibition(purposes: tuple[str, ...]) -> Rule:
    constraint = Constraint(left_operand=PURPOSE, operator=ODRL + "isAnyOf", right_operand=purposes)
    return Rule(action=ODRL + "use", constraints=(constraint,))


def _moment(text: str) -> str:
    """Write a day as the moment at which it begins."""
    return f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text


def _check_purposes(agreement: Agreement, dataset: Dataset, rules: Rules) -> None:
    """Keep what is derived to the purposes of what it is derived from."""
    bound = purposes_bound(rules.datasets, dataset)
    if bound is None:
        return
    beyond = [name for name in agreement.purposes if name not in bound]
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
    for project_id in overdue_reviews(rules, [dataset.id], today=today):
        raise ReviewOverdue(project_id, rules.projects[project_id].review_by or "")
