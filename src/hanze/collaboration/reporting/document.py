"""A report as a value: sections of headings, paragraphs, lists and tables.

Each figure and statement names the records that it rests on. Pages, PDF and JSON-LD are renderings
of this one value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

__all__ = [
    "Block",
    "Bullets",
    "Heading",
    "Paragraph",
    "Phrase",
    "Report",
    "Section",
    "Source",
    "Table",
]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text, its language, and the records that it rests on.

    Attributes:
        text: Plain; "" says that nothing is known.
        language: BCP 47; not that of the report where a record has no text in it.
        records: Ids.
        is_name: Whether it is the name of the one record that it rests on.
    """

    text: str
    language: str
    records: tuple[str, ...] = ()
    is_name: bool = False


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

    caption: Phrase
    columns: tuple[str, ...]
    rows: tuple[tuple[Phrase, ...], ...]
    numeric: tuple[int, ...] = ()
    totals: int = 0

    def without_empty(self) -> "Table":
        """Leave out columns, but the first, of which no cell says anything."""
        kept = [
            place
            for place in range(len(self.columns))
            if place == 0 or any(row[place].text for row in self.rows)
        ]
        return Table(
            caption=self.caption,
            columns=tuple(self.columns[place] for place in kept),
            rows=tuple(tuple(row[place] for place in kept) for row in self.rows),
            numeric=tuple(new for new, old in enumerate(kept) if old in self.numeric),
            totals=self.totals,
        )


Block = Heading | Paragraph | Bullets | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A section.

    Attributes:
        key: One of `REPORT_SECTIONS`.
        title: In the language of the report.
        blocks: In order; none where nothing is known about it.
    """

    key: str
    title: str
    blocks: tuple[Block, ...]

    def phrases(self) -> Iterator[Phrase]:
        """Go through all that it says, in order."""
        for block in self.blocks:
            yield from _phrases(block)


@dataclass(frozen=True, slots=True)
class Source:
    """A record that a report rests on.

    Attributes:
        name: Its title.
        kind: Its type: "FollowUp".
        kind_text: The same in words; "" for a type without words here.
        day_text: The day in words.
        day: Of which it is, ISO 8601.
        node: Which other node keeps it; "" for this one.
        origin: Document or address that it was taken from.
    """

    name: Phrase
    kind: str
    kind_text: str
    day: str
    day_text: str
    node: str
    origin: str


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
        status_text: The same in words, with the day.
        published_on: The day.
        author: Who reports.
        report: Id of the record of what people wrote; `None` before there is one.
        made_on: The day for which it was made from the records.
        made_text: The same in words.
        sources: All that it rests on, by id.
        sources_title: Their heading.
        simulated: What to say where it rests on made-up records; "" where it does not.
    """

    mission: str
    language: str
    title: Phrase
    kind: str
    facts: tuple[tuple[str, Phrase], ...]
    sections: tuple[Section, ...]
    status: str
    status_text: str
    published_on: date | None
    author: Phrase | None
    report: str | None
    made_on: date
    made_text: str
    sources: tuple[Source, ...]
    sources_title: str
    simulated: str

    @property
    def records(self) -> tuple[str, ...]:
        """Ids of all that it rests on, sorted."""
        return tuple(one.name.records[0] for one in self.sources)


def _phrases(block: Block) -> Iterator[Phrase]:
    if isinstance(block, Bullets):
        yield from block.items
    elif isinstance(block, Table):
        yield block.caption
        for row in block.rows:
            yield from row
    else:
        yield block.text
