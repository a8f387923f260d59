"""What the form of a dataset says, as a classification."""

from collections.abc import Mapping
from typing import Final

import msgspec

from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication
from hanze.governance.stewarding.checking import DatasetRefused
from hanze.governance.stewarding.classes import Decision, Said
from hanze.web.portal.forms import Given

__all__ = ["BASES", "changed", "field_of", "given_of", "lines_of", "said_of"]

#: Legal bases of GDPR art. 6, in its order (DPV EU GDPR).
BASES: Final = tuple(f"https://w3id.org/dpv/legal/eu/gdpr#A6-1-{letter}" for letter in "abcdef")
#: Fields of the form that are texts of a classification as they are.
_TEXTS: Final = ("owner", "subject")
_MAYBE: Final = ("license", "legal_basis", "contact")
_LISTS: Final = ("purposes", "categories")
_FLAGS: Final = ("public_space", "personal", "special", "consent")
_MOST_DIGITS: Final = 6
_DECISION: Final = ("ground", "decided_by", "decided_at", "review_at")
#: By member of a dataset: the field of the form that says it, where they are called otherwise.
_FIELDS: Final[Mapping[str, str]] = {
    "accessRights": "access",
    "legalBasis": "legal_basis",
    "nonPublication": "ground",
    "nonPublication.ground": "ground",
    "nonPublication.decidedBy": "decided_by",
    "nonPublication.decidedAt": "decided_at",
    "nonPublication.reviewAt": "review_at",
    "retentionDays": "retention_days",
}


def said_of(given: Given) -> Said:
    """Read a classification.

    Raises:
        DatasetRefused: It says no access, or a number of days that is none.
    """
    access = given.text("access")
    if access not in AccessRights.__members__:
        raise DatasetRefused("Say who may read it", field="accessRights")
    rights = AccessRights[access]
    decision = Decision(
        ground=given.text("ground"),
        decided_by=given.text("decided_by"),
        decided_at=given.text("decided_at"),
        review_at=given.text("review_at"),
        url=given.text("decision_url") or None,
    )
    days = given.text("retention_days")
    if days and not (days.isascii() and days.isdecimal() and len(days) < _MOST_DIGITS):
        raise DatasetRefused("retentionDays must be a number", field="retentionDays", value=days)
    return Said(
        access_rights=rights,
        owner=given.text("owner"),
        license=given.text("license") or None,
        purposes=tuple(lines_of(given, "purposes")),
        legal_basis=given.text("legal_basis") or None,
        non_publication=None if rights is AccessRights.PUBLIC else decision,
        public_space=given.text("public_space") == "yes",
        personal=given.text("personal") == "yes",
        categories=tuple(lines_of(given, "categories")),
        special=given.text("special") == "yes",
        subject=given.text("subject"),
        consent=given.text("consent") == "yes",
        retention_days=int(days) if days else None,
        contact=given.text("contact") or None,
    )


def lines_of(given: Given, name: str) -> list[str]:
    """Read a field with something on each line; commas do, too."""
    text = "\n".join(given.values.get(name, ()))
    return list(
        dict.fromkeys(one for line in text.replace(",", "\n").split("\n") if (one := line.strip()))
    )


def given_of(dataset: Dataset) -> Given:
    """Write a dataset as the form has it, to be changed."""
    decision: NonPublication | None = dataset.non_publication
    values: dict[str, list[str]] = {
        "access": [dataset.access_rights.value] if dataset.access_rights else [],
        "retention_days": [str(dataset.retention_days)] if dataset.retention_days else [],
        "decision_url": [decision.url] if decision is not None and decision.url else [],
    }
    values |= {name: [getattr(dataset, name) or ""] for name in (*_TEXTS, *_MAYBE)}
    values |= {name: ["\n".join(getattr(dataset, name))] for name in _LISTS}
    values |= {name: ["yes" if getattr(dataset, name) else "no"] for name in _FLAGS}
    if decision is not None:
        values |= {name: [str(getattr(decision, name))] for name in _DECISION}
    return Given(values)


def field_of(member: str | None) -> str:
    """Name the field of the form that is about a member of a dataset."""
    name = member or ""
    return _FIELDS.get(name, name)


def changed(dataset: Dataset, said: Said) -> Dataset:
    """Give a dataset of which something else is said; what the form does not ask for stays."""
    kept = {"conditions", "activity", "project"}
    members = {name: getattr(said, name) for name in Said.__struct_fields__ if name not in kept}
    return msgspec.structs.replace(dataset, **members)
