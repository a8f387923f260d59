"""What must hold of a dataset before it is kept (pure)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Final

import msgspec

from hanze.errors import InvalidInput
from hanze.governance.grounds import purposes_bound
from hanze.governance.purposes import UnknownPurpose, purpose_iri
from hanze.governance.records.dataset import AccessRights, Dataset

__all__ = ["LICENSE", "DatasetRefused", "check_followers", "checked"]

#: Of open data of which nobody says otherwise: Creative Commons Zero, nothing reserved.
LICENSE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
_PREFIX: Final = "urn:ngsi-ld:Dataset:"
_LANGUAGES: Final = frozenset({"nl", "en", "ko"})
_LONGEST: Final = 200
_MOST_TEXT: Final = 5_000
#: Vocabularies that people write short, as DPV 2.3 itself abbreviates them.
_SHORT: Final[Mapping[str, str]] = {
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "pd": "https://w3id.org/dpv/pd#",
    "dpv": "https://w3id.org/dpv#",
}


class DatasetRefused(InvalidInput):
    """A dataset lacks what it must say, or contradicts itself (422)."""


def checked(dataset: Dataset, others: Mapping[str, Dataset], *, now: str) -> Dataset:
    """Check a dataset, and complete what follows from what it says.

    What is not about people and is measured in public space is open, unless a published decision
    says otherwise. What is derived has at most the purposes that all its inputs have.

    Args:
        others: The datasets that there are, by id.
        now: DateTime text.

    Returns:
        It, with `access_rights`, `license`, `issued` and `modified` filled in.

    Raises:
        DatasetRefused: With the member that is wrong as `field`.
    """
    dataset = _written_out(dataset)
    _check_names(dataset)
    _check_texts(dataset)
    if dataset.access_rights is None and dataset.public_space and not dataset.personal:
        dataset = msgspec.structs.replace(dataset, access_rights=AccessRights.PUBLIC)
    if dataset.access_rights is AccessRights.PUBLIC:
        _check_open(dataset)
        dataset = msgspec.structs.replace(
            dataset, license=dataset.license or LICENSE, non_publication=None
        )
    elif dataset.access_rights is not None:
        _check_closed(dataset, now[:10])
    _check_personal(dataset)
    _check_derived(dataset, others)
    return msgspec.structs.replace(dataset, issued=dataset.issued or now[:10], modified=now)


def check_followers(dataset: Dataset, others: Mapping[str, Dataset]) -> None:
    """See that what is derived from a dataset, however far, is not open when that is closed.

    Purposes that it loses, what is derived from it loses with every decision (`purposes_bound`).

    Raises:
        DatasetRefused: Something is.
    """
    known = {**others, dataset.id: dataset}
    for one in others.values():
        is_open = one.access_rights is AccessRights.PUBLIC and one.id != dataset.id
        if is_open and one.derived_from and purposes_bound(known, one) is not None:
            raise DatasetRefused(
                f"{one.id} is open and derived from it: that is closed first", field="accessRights"
            )


def _written_out(dataset: Dataset) -> Dataset:
    """Write IRIs out that people may write short: "dpv:ServiceProvision"."""
    try:
        purposes = tuple(dict.fromkeys(map(purpose_iri, dataset.purposes)))
    except UnknownPurpose as error:
        raise DatasetRefused(str(error), field="purposes", value=error.value) from error
    basis = dataset.legal_basis
    return msgspec.structs.replace(
        dataset,
        purposes=purposes,
        legal_basis=None if basis is None else _long(basis),
        categories=tuple(map(_long, dataset.categories)),
    )


def _long(iri: str) -> str:
    prefix, colon, name = iri.partition(":")
    return _SHORT[prefix] + name if colon and prefix in _SHORT else iri


def _check_names(dataset: Dataset) -> None:
    if not dataset.id.startswith(_PREFIX) or not _is_name(dataset.id.removeprefix(_PREFIX)):
        raise DatasetRefused(
            f"The id of a dataset must begin with {_PREFIX} and have no spaces",
            field="id",
            value=dataset.id,
        )
    if not dataset.title:
        raise DatasetRefused("A dataset must have a title", field="title")
    for field, iris in _iris(dataset):
        for iri in iris:
            if ":" not in iri or not _is_name(iri):
                raise DatasetRefused(f"{field} must hold IRIs", field=field, value=iri)
    for scope in dataset.scopes:
        if not scope.startswith("/") or not _is_name(scope):
            raise DatasetRefused("A scope must begin with /", field="scopes", value=scope)
    if dataset.retention_days is not None and dataset.retention_days < 1:
        raise DatasetRefused("retentionDays must be at least 1", field="retentionDays")


def _check_texts(dataset: Dataset) -> None:
    for field, texts in _texts(dataset):
        strange = texts.keys() - _LANGUAGES
        if strange:
            told = ", ".join(sorted(_LANGUAGES))
            raise DatasetRefused(f"{field} is told in {told}", field=field, value=min(strange))
        if any(not text.strip() or len(text) > _MOST_TEXT for text in texts.values()):
            raise DatasetRefused(f"A text of {field} is empty or too long", field=field)


def _check_open(dataset: Dataset) -> None:
    if dataset.special:
        raise DatasetRefused(
            "Special categories of personal data (GDPR art. 9) are not open data",
            field="accessRights",
        )


def _check_closed(dataset: Dataset, today: str) -> None:
    """See that a closed dataset says whose it is, and who decided why."""
    if not dataset.owner:
        raise DatasetRefused("A closed dataset must have an owner", field="owner")
    decision = dataset.non_publication
    if decision is None:
        raise DatasetRefused(
            "A closed dataset must say on which ground it is not open, who decided that, and when "
            "it is reviewed",
            field="nonPublication",
        )
    for member, text in (
        ("ground", decision.ground),
        ("decidedBy", decision.decided_by),
        ("reviewAt", decision.review_at),
    ):
        if not text.strip() or len(text) > _MOST_TEXT:
            raise DatasetRefused(
                f"The decision that a dataset is closed must say its {member}",
                field=f"nonPublication.{member}",
            )
    decided = _day(decision.decided_at, "nonPublication.decidedAt")
    review = _day(decision.review_at, "nonPublication.reviewAt")
    if review <= max(decided, date.fromisoformat(today)):
        raise DatasetRefused(
            "The day on which a decision is reviewed must lie ahead, and after it",
            field="nonPublication.reviewAt",
            value=decision.review_at,
        )


def _check_personal(dataset: Dataset) -> None:
    if dataset.personal:
        if not dataset.legal_basis:
            raise DatasetRefused(
                "Data about people needs a legal basis (GDPR art. 6)", field="legalBasis"
            )
        return
    said = {
        "categories": bool(dataset.categories),
        "special": dataset.special,
        "subject": bool(dataset.subject),
        "consent": dataset.consent,
    }
    for member, is_said in said.items():
        if is_said:
            raise DatasetRefused(
                f"A dataset with {member} is about people: personal must be true", field="personal"
            )


def _check_derived(dataset: Dataset, others: Mapping[str, Dataset]) -> None:
    """Let what is derived serve only the purposes that all its inputs have."""
    for one in dataset.derived_from:
        if one == dataset.id or one not in others or dataset.id in _origins(one, others):
            raise DatasetRefused(
                "A dataset is derived from others that exist", field="derivedFrom", value=one
            )
    bound = purposes_bound(others, dataset)
    if bound is None:
        return
    if dataset.access_rights is AccessRights.PUBLIC:
        raise DatasetRefused(
            "What is derived from closed data is closed: it serves the purposes of its inputs",
            field="accessRights",
        )
    beyond = [name for name in dataset.purposes if name not in bound]
    if beyond:
        raise DatasetRefused(
            "What is derived serves only the purposes that all its inputs have",
            field="purposes",
            value=beyond[0],
        )


def _origins(dataset_id: str, others: Mapping[str, Dataset]) -> Collection[str]:
    """Give all datasets from which one is derived, however far."""
    found: set[str] = set()
    waiting = [dataset_id]
    while waiting:
        one = others.get(waiting.pop())
        for origin in one.derived_from if one else ():
            if origin not in found:
                found.add(origin)
                waiting.append(origin)
    return found


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DatasetRefused(
            f"{field} must be a day, as in 2026-05-31", field=field, value=text
        ) from error


def _texts(dataset: Dataset) -> Iterator[tuple[str, Mapping[str, str]]]:
    yield "title", dataset.title
    yield "description", dataset.description
    yield "conditions", dataset.conditions


def _iris(dataset: Dataset) -> Iterator[tuple[str, Iterable[str]]]:
    yield "types", dataset.types
    yield "attributes", dataset.attributes
    yield "purposes", dataset.purposes
    yield "categories", dataset.categories
    yield "owner", (dataset.owner,) if dataset.owner else ()
    yield "license", (dataset.license,) if dataset.license else ()
    yield "legalBasis", (dataset.legal_basis,) if dataset.legal_basis else ()
    yield "subject", (dataset.subject,) if dataset.subject not in ("", "@id") else ()


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.isprintable() and not any(c.isspace() for c in text)
