"""The register of algorithms, in the fields of the Dutch register (algoritmes.overheid.nl)."""

from enum import Enum

import msgspec

__all__ = ["Algorithm", "AlgorithmCategory", "AlgorithmStatus"]


class AlgorithmStatus(Enum):
    """Whether it is used."""

    DEVELOPMENT = "development"
    IN_USE = "in-use"
    OUT_OF_USE = "out-of-use"


class AlgorithmCategory(Enum):
    """How much it may do to people (the register's publication category)."""

    #: As the EU AI Act has it.
    HIGH_RISK = "high-risk-ai"
    IMPACTFUL = "impactful"
    OTHER = "other"


class Algorithm(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An algorithm that a public body uses. Texts are by language ("nl", "en", "ko").

    Attributes:
        id: `urn:ngsi-ld:Algorithm:<city>:<key>`.
        name: What it is called.
        description: In short: what it does.
        organization: Id of the organisation that uses it and answers for it.
        department: Which part of it.
        category: How much it may do to people.
        status: Whether it is used.
        goal: What for, and what it does to people.
        considerations: What speaks for and against using it.
        human_intervention: How people check what comes out and can decide otherwise.
        decision: Which decision it helps to take, or takes.
        risks: Which risks there are, and what is done about them.
        lawful_basis: The law that it rests on.
        impact_tests: Assessments that were made: DPIA, IAMA; names or URLs.
        source_data: What goes in; ids of datasets or texts.
        methods: How it works.
        provider: Who made it, where that is somebody else.
        contact: An e-mail address or URL, for questions and objections.
        url: Where more is told; the source text, above all.
        begin_date: Date text, or a month ("2025-03"): in use since.
        end_date: The same: in use until.
        datasets: Ids of datasets that it uses.
        decided_by: Who decided to use it.
        modified: DateTime text, set by the node.
    """

    id: str
    name: dict[str, str]
    description: dict[str, str]
    organization: str
    department: str = ""
    category: AlgorithmCategory = AlgorithmCategory.OTHER
    status: AlgorithmStatus = AlgorithmStatus.IN_USE
    goal: dict[str, str]
    considerations: dict[str, str] = {}
    human_intervention: dict[str, str] = {}
    decision: dict[str, str] = {}
    risks: dict[str, str] = {}
    lawful_basis: str = ""
    impact_tests: tuple[str, ...] = ()
    source_data: tuple[str, ...] = ()
    methods: dict[str, str] = {}
    provider: str = ""
    contact: str
    url: str | None = None
    begin_date: str | None = None
    end_date: str | None = None
    datasets: tuple[str, ...] = ()
    decided_by: str = ""
    modified: str | None = None
