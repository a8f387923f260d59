"""Datasets: which values belong together, whose they are, and who may read them at all."""

from enum import Enum

import msgspec

__all__ = ["AccessRights", "Dataset", "NonPublication"]


class AccessRights(Enum):
    """Who may read (dct:accessRights; the names are those of the EU authority table)."""

    PUBLIC = "PUBLIC"
    #: Under an agreement.
    RESTRICTED = "RESTRICTED"
    #: By its owner alone, for the purposes of the dataset.
    NON_PUBLIC = "NON_PUBLIC"


class NonPublication(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The published decision that something is not open.

    Attributes:
        ground: Why: the article, or the interest that weighs more.
        decided_by: Who decided: a body or an office, not a person's name alone.
        decided_at: Date text.
        review_at: Date text: when it is decided again; after it the decision is overdue.
        url: Where it is published.
    """

    ground: str
    decided_by: str
    decided_at: str
    review_at: str
    url: str | None = None


class Dataset(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A named selection of values with an owner and access rights.

    Where several datasets cover a value, all of them must permit; what none covers is closed.

    Attributes:
        id: `urn:ngsi-ld:Dataset:<city>:<key>`.
        title: By language ("nl", "en", "ko").
        description: By language.
        tenant: Of the selected values; "*": of every tenant.
        types: IRIs of entity types, any of which; at least one.
        scopes: Scopes, with those below them; empty for all.
        attributes: IRIs; empty for the entities as a whole.
        sources: Values of the entities' `source` (Smart Data Models); empty for all.
        access_rights: `None`: served to nobody, and in no catalogue.
        owner: Id of the organisation that decides about it; "" for none.
        license: URL of the licence of public data.
        conditions: What else users must know, by language.
        purposes: IRIs of DPV purposes for which the owner itself may use it.
        legal_basis: IRI of the legal basis (DPV EU GDPR), where it is personal.
        non_publication: Why it is not open; a closed dataset has an owner and this.
        public_space: Whether it is measured in public space.
        personal: Whether it is about people.
        categories: IRIs of DPV personal data categories.
        special: Whether some of these are special categories (GDPR art. 9).
        subject: IRI of the attribute that names the data subject, or "@id"; "" where none does.
        consent: Whether everybody but the data subject needs the data subject's consent.
        confidential: Whether data subjects are not told who read it (an investigation).
        retention_days: After so many days values are erased; `None`: kept.
        derived_from: Ids of datasets: what it is derived from bounds its purposes.
        activity: Id of the processing activity.
        project: Id of the project under which it is gathered.
        contact: An e-mail address or URL, for questions.
        themes: IRIs of the EU data themes.
        keywords: By language.
        frequency: IRI of the EU frequency.
        hvd_category: IRI, for a high-value dataset.
        legislation: ELI of the law that applies.
        issued: Date text.
        modified: DateTime text, set by the node.
    """

    id: str
    title: dict[str, str]
    description: dict[str, str] = {}
    tenant: str = ""
    types: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    access_rights: AccessRights | None = None
    owner: str = ""
    license: str | None = None
    conditions: dict[str, str] = {}
    purposes: tuple[str, ...] = ()
    legal_basis: str | None = None
    non_publication: NonPublication | None = None
    public_space: bool = False
    personal: bool = False
    categories: tuple[str, ...] = ()
    special: bool = False
    subject: str = ""
    consent: bool = False
    confidential: bool = False
    retention_days: int | None = None
    derived_from: tuple[str, ...] = ()
    activity: str | None = None
    project: str | None = None
    contact: str | None = None
    themes: tuple[str, ...] = ()
    keywords: dict[str, tuple[str, ...]] = {}
    frequency: str | None = None
    hvd_category: str | None = None
    legislation: str | None = None
    issued: str | None = None
    modified: str | None = None
