"""Reports of missions: JSON, JSON-LD and PDF; what people write for them, and their publication."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Literal
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from hanze.collaboration.records.missions import REPORT_SECTIONS, MissionReport
from hanze.collaboration.reporting.document import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Phrase,
    Report,
    Section,
    Source,
    Table,
)
from hanze.collaboration.reporting.editing import publish_report, write_section
from hanze.collaboration.reporting.html import document_html
from hanze.collaboration.reporting.linked import linked_report
from hanze.collaboration.reporting.model import report_of
from hanze.collaboration.reporting.pdf import kept_pdf, pdf_of
from hanze.web.api.collective.funnel import Text
from hanze.web.api.collective.league_records import Freshness, freshness_of
from hanze.web.api.collective.records import Language
from hanze.web.api.frame import Answer, ApiRoute, Ask, Id, Taken
from hanze.web.visitor import visitor_address

__all__ = ["ROUTES"]

_Key = Literal[REPORT_SECTIONS]  # type: ignore[valid-type]  # a tuple of texts is what Literal takes


class ChoiceOfReport(Taken, frozen=True):
    """In which language."""

    language: Language = "en"


class AskedSection(Taken, frozen=True):
    """What stands in a section before what the records say, by language; empty takes it away."""

    key: _Key
    text: Text


class AskedPublication(Taken, frozen=True):
    """Who reports, where that is not the organiser, and the day, where that is not today."""

    author: Id | None = None
    on: date | None = None


class PhraseOfReport(Answer, frozen=True):
    """A text, the records that it rests on, and its language where that is not the report's."""

    text: str
    records: Sequence[str] = ()
    language: str | None = None


class FactOfReport(Answer, frozen=True):
    """What stands at the head of a report."""

    label: str
    value: PhraseOfReport


class BlockOfReport(Answer, frozen=True):
    """A part of a section.

    Attributes:
        kind: What it is; the other members follow from it.
        text: Of a heading or paragraph; what a table shows.
        written: Whether a person wrote the paragraph for this report.
        items: Of a list.
        columns: Of a table.
        rows: Of a table, a cell for each column.
        totals: How many of the last rows are totals.
    """

    kind: Literal["heading", "paragraph", "list", "table"]
    text: PhraseOfReport | None = None
    written: bool = False
    items: Sequence[PhraseOfReport] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[PhraseOfReport]] = ()
    totals: int = 0


class SectionOfReport(Answer, frozen=True):
    """A section; what nothing is known about has none."""

    key: str
    title: str
    blocks: Sequence[BlockOfReport]


class SourceOfReport(Answer, frozen=True):
    """A record that a report rests on, of which day it is, and which other node keeps it."""

    id: str
    type: str
    name: str
    date: str
    kept_by: str | None = None
    source: str | None = None


class ReportOfMission(Answer, frozen=True):
    """The report of a mission, made from the records as they are today."""

    mission: str
    language: str
    kind: str
    title: PhraseOfReport
    status: str
    made_on: date
    facts: Sequence[FactOfReport]
    sections: Sequence[SectionOfReport]
    sources: Sequence[SourceOfReport]
    published_on: date | None = None
    author: PhraseOfReport | None = None
    report: str | None = None
    simulated: bool = False
    freshness: list[Freshness] = []


class StateOfReport(Answer, frozen=True):
    """What people wrote for a report, and whether it is published."""

    id: str
    mission: str
    status: str
    sections: Mapping[str, Mapping[str, str]]
    published_on: date | None = None
    author: str | None = None


async def show(ask: Ask) -> ReportOfMission:
    """Show the report of a mission: what people wrote, and what the records say today."""
    language = ask.parameters(ChoiceOfReport).language
    collective = await ask.node.collective.refresh(ask.now)
    report = report_of(collective, ask.path("id"), language, ask.today)
    return _report(report, freshness_of(collective, ask.now))


async def print_pdf(ask: Ask) -> Response:
    """Give the report of a mission as a tagged PDF (PDF/UA-1); needs the extra `reports`."""
    language = ask.parameters(ChoiceOfReport).language
    collective = await ask.node.collective.refresh(ask.now)
    report = report_of(collective, ask.path("id"), language, ask.today)

    def link(record_id: str) -> str:
        if collective.find(record_id) is None:
            return ""
        return f"{ask.base_url}/{language}/collective/record/{quote(record_id, safe=':')}"

    html = document_html(report, link=link)
    made = kept_pdf(html)
    if made is None:
        ask.node.visitors.pdfs.take(visitor_address(ask.node, ask.request), now=ask.now)
        made = await pdf_of(html)
    return Response(made, media_type=_PDF, headers=_as_file(ask, language, "pdf"))


async def link_data(ask: Ask) -> Response:
    """Give the report of a mission as JSON-LD, in all languages: schema.org and PROV."""
    collective = await ask.node.collective.refresh(ask.now)
    body = linked_report(collective, ask.path("id"), ask.today)
    return Response(msgspec.json.encode(body), media_type=_LD)


async def put_section(ask: Ask) -> StateOfReport:
    """Write the text of a section; languages that are not given stay as they are."""
    asked = await ask.body(AskedSection)
    collective = await ask.node.collective.refresh(ask.now)
    changed = await write_section(
        ask.node.store,
        ask.caller,
        collective,
        ask.path("id"),
        key=asked.key,
        text=asked.text,
        now=ask.now,
    )
    return _state(changed)


async def publish(ask: Ask) -> StateOfReport:
    """Publish the report of a mission; its words can be corrected afterwards."""
    asked = await ask.body(AskedPublication)
    collective = await ask.node.collective.refresh(ask.now)
    changed = await publish_report(
        ask.node.store,
        ask.caller,
        collective,
        ask.path("id"),
        author=asked.author,
        on=asked.on or ask.today,
        now=ask.now,
    )
    return _state(changed)


def _as_file(ask: Ask, language: str, ending: str) -> dict[str, str]:
    key = quote(ask.path("id").rpartition(":")[2], safe="")
    return {"content-disposition": f'inline; filename="{key}-{language}.{ending}"'}


def _report(report: Report, freshness: list[Freshness]) -> ReportOfMission:
    return ReportOfMission(
        mission=report.mission,
        language=report.language,
        kind=report.kind,
        title=_phrase(report, report.title),
        status=report.status,
        made_on=report.made_on,
        facts=[
            FactOfReport(label=label, value=_phrase(report, one)) for label, one in report.facts
        ],
        sections=[_section(report, one) for one in report.sections],
        sources=[_source(one) for one in report.sources],
        published_on=report.published_on,
        author=_phrase(report, report.author) if report.author is not None else None,
        report=report.report,
        simulated=bool(report.simulated),
        freshness=freshness,
    )


def _section(report: Report, one: Section) -> SectionOfReport:
    return SectionOfReport(
        key=one.key, title=one.title, blocks=[_block(report, block) for block in one.blocks]
    )


def _block(report: Report, block: Block) -> BlockOfReport:
    match block:
        case Heading(text):
            return BlockOfReport(kind="heading", text=_phrase(report, text))
        case Paragraph(text, written):
            return BlockOfReport(kind="paragraph", text=_phrase(report, text), written=written)
        case Bullets(items):
            return BlockOfReport(kind="list", items=[_phrase(report, item) for item in items])
        case Table():
            return BlockOfReport(
                kind="table",
                text=_phrase(report, block.caption),
                columns=block.columns,
                rows=[[_phrase(report, cell) for cell in row] for row in block.rows],
                totals=block.totals,
            )


def _phrase(report: Report, one: Phrase) -> PhraseOfReport:
    return PhraseOfReport(text=one.text, records=one.records, language=_tag(report, one))


def _tag(report: Report, one: Phrase) -> str | None:
    return one.language if one.language != report.language else None


def _source(one: Source) -> SourceOfReport:
    return SourceOfReport(
        id=one.name.records[0],
        type=one.kind,
        name=one.name.text,
        date=one.day,
        kept_by=one.node or None,
        source=one.origin or None,
    )


def _state(report: MissionReport) -> StateOfReport:
    return StateOfReport(
        id=report.id,
        mission=report.mission,
        status=report.status,
        sections={section.key: section.text for section in report.sections},
        published_on=report.published_on,
        author=report.author,
    )


_PDF: Final = "application/pdf"
_LD: Final = "application/ld+json"
_AT: Final = "/missions/{id:path}/report"
ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute(
        "GET", f"{_AT}.pdf", print_pdf, parameters=ChoiceOfReport, media=(_PDF,), limited=True
    ),
    ApiRoute("GET", f"{_AT}.jsonld", link_data, media=(_LD,)),
    ApiRoute("GET", _AT, show, ReportOfMission, ChoiceOfReport),
    ApiRoute("POST", f"{_AT}/sections", put_section, StateOfReport, body=AskedSection, writes=True),
    ApiRoute(
        "POST", f"{_AT}/publication", publish, StateOfReport, body=AskedPublication, writes=True
    ),
)
