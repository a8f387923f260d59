"""The report of a mission as a value: sections of headings, paragraphs, lists and tables.

It is made from records, and each figure and statement names those that it rests on; what a person
wrote stands before what the records say. Pages, PDF and JSON-LD are renderings of this one value.
"""

from dataclasses import dataclass
from datetime import date

from hanze.collaboration.collective import Collective
from hanze.collaboration.records.missions import Mission
from hanze.collaboration.records.record import text_of

__all__ = [
    "Block",
    "Bullets",
    "Heading",
    "Paragraph",
    "Phrase",
    "Report",
    "Section",
    "Table",
    "report_of",
]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text, its language, and the records that it rests on.

    Attributes:
        text: Plain; "" says that nothing is known.
        language: BCP 47; not that of the report where a record has no text in it.
        records: Ids.
    """

    text: str
    language: str
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section."""

    text: Phrase


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph.

    Attributes:
        text: What it says.
        written: Whether a person wrote it for this report.
    """

    text: Phrase
    written: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names its rows.

    Attributes:
        caption: What it shows.
        columns: Headings, in the language of the report.
        rows: As many cells as there are columns.
        numeric: Places of the columns that hold figures.
        totals: How many of the last rows are totals.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Phrase, ...], ...]
    numeric: tuple[int, ...] = ()
    totals: int = 0


Block = Heading | Paragraph | Bullets | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A section.

    Attributes:
        key: One of `REPORT_SECTIONS`.
        title: In the language of the report.
        blocks: In order.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a mission.

    Attributes:
        mission: Id.
        language: Of its own words, BCP 47.
        title: The mission's name.
        kind: "Report of a mission", in the language.
        facts: What stands at its head: label and value.
        sections: In order; those about which nothing is known are left out.
        status: "draft" or "published".
        published_on: The day.
        author: Who reports.
        report: Id of the record of what people wrote; `None` before there is one.
        made_on: The day on which it was made from the records.
        records: Ids of all that it rests on, sorted.
    """

    mission: str
    language: str
    title: Phrase
    kind: str
    facts: tuple[tuple[str, Phrase], ...]
    sections: tuple[Section, ...]
    status: str
    published_on: date | None
    author: Phrase | None
    report: str | None
    made_on: date
    records: tuple[str, ...]


def report_of(collective: Collective, mission_id: str, language: str, today: date) -> Report:
    """Make the report of a mission from the records of the league.

    Args:
        collective: Up to date.
        mission_id: Of whichever node.
        language: "nl", "en" or "ko".
        today: Decides what is late.

    Raises:
        RecordNotFound: There is no such mission.
    """
    mission = collective.get(mission_id, Mission).record
    title = Phrase(text_of(mission.title, language), language, (mission.id,))
    return Report(
        mission=mission.id,
        language=language,
        title=title,
        kind="",
        facts=(),
        sections=(),
        status="draft",
        published_on=None,
        author=None,
        report=None,
        made_on=today,
        records=(mission.id,),
    )
