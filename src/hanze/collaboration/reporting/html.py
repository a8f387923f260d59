"""A report as HTML: what a page of the portal shows, and the whole document that becomes a PDF.

Every text is escaped; nothing in it is fetched from anywhere.
"""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Final

from hanze.collaboration.reporting.document import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Phrase,
    Report,
    Section,
    Table,
)
from hanze.collaboration.reporting.texts import TEXTS

__all__ = ["Link", "document_html", "report_html"]

#: Id of a record → address of its page; "" where it has none.
Link = Callable[[str], str]

#: Records that are named where they are meant: they need no number beside their name.
_NAMES: Final = frozenset({"Contact", "Country", "Municipality", "Organization", "Region", "Theme"})

_STYLE: Final = """
@page { size: A4; margin: 22mm 20mm 24mm; @bottom-left { content: string(title); font-size: 8pt; color: #46525f } @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; color: #46525f } }
html { font-family: "Noto Sans", "Noto Sans CJK KR", "Noto Sans KR", "Nanum Gothic", "DejaVu Sans", sans-serif; font-size: 10pt; line-height: 1.45; color: #14202c }
:lang(ko) { font-family: "Noto Sans CJK KR", "Noto Sans KR", "Nanum Gothic", "Noto Sans", sans-serif }
h1 { string-set: title content(); font-size: 20pt; line-height: 1.2; margin: 2mm 0 4mm; color: #0f2f50 }
h2 { font-size: 14pt; margin: 8mm 0 2mm; color: #0f2f50; break-after: avoid }
h3 { font-size: 11pt; margin: 5mm 0 1mm; break-after: avoid }
.kind { margin: 0; font-weight: 600; color: #46525f }
p { margin: 0 0 2mm; orphans: 3; widows: 3 }
p.written { white-space: pre-line }
table { inline-size: 100%; border-collapse: collapse; margin: 2mm 0 4mm; font-size: 9pt }
caption { text-align: start; font-weight: 600; padding-block-end: 1mm; break-after: avoid }
th, td { text-align: start; vertical-align: top; padding: 1.2mm 3mm 1.2mm 0; border-block-end: .3pt solid #9aa6b2; overflow-wrap: break-word }
thead th { border-block-end: .8pt solid #14202c }
tbody th { font-weight: 500 }
tr { break-inside: avoid }
tr.total > * { font-weight: 700; border-block-start: .8pt solid #14202c }
.number { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums }
ul, ol { margin: 0 0 3mm; padding-inline-start: 5mm }
table.facts th { inline-size: 38mm; color: #46525f }
a { color: #0b4f8a; text-decoration: none }
.refs { font-size: 7pt; vertical-align: super; line-height: 0 }
.rests-on { font-size: 8.5pt }
.made-up { border-inline-start: 2pt solid #a34a00; padding-inline-start: 3mm }
"""


def report_html(report: Report, *, link: Link) -> str:
    """Render what stands below a report's title: facts, sections, and what it rests on.

    Args:
        report: To render.
        link: Where records are shown.
    """
    return "".join(_Renderer(report, link).body())


def document_html(report: Report, *, link: Link) -> str:
    """Render a whole document with its own style, as it is printed."""
    return "".join(_Renderer(report, link).document())


class _Renderer:
    def __init__(self, report: Report, link: Link) -> None:
        self._report = report
        self._link = link
        self._numbers = {
            one.name.records[0]: number
            for number, one in enumerate(report.sources, 1)
            if one.kind not in _NAMES and one.name.records[0] != report.mission
        }

    def document(self) -> Iterator[str]:
        report = self._report
        author = report.author.text if report.author else ""
        yield f'<!DOCTYPE html>\n<html lang="{escape(report.language)}"><head><meta charset="utf-8">'
        yield f"<title>{escape(report.title.text)}</title>"
        yield f'<meta name="description" content="{escape(report.kind)}">'
        if author:
            yield f'<meta name="author" content="{escape(author)}">'
        yield f'<meta name="dcterms.created" content="{report.made_on.isoformat()}">'
        yield f"<style>{_STYLE}</style></head><body><main>"
        yield f'<p class="kind">{escape(report.kind)}</p>'
        yield f"<h1>{self._text(report.title)}</h1>"
        yield from self.body()
        yield "</main></body></html>\n"

    def body(self) -> Iterator[str]:
        report = self._report
        if report.simulated:
            yield f'<p class="made-up">{escape(report.simulated)}</p>'
        yield from self._facts()
        for section in report.sections:
            yield from self._section(section)
        yield from self._sources()

    def _facts(self) -> Iterator[str]:
        report = self._report
        label = TEXTS["status"][report.language]
        rows = [*report.facts, (label, Phrase(report.status_text, report.language))]
        if report.author is not None:
            rows.append((TEXTS["author"][report.language], report.author))
        yield '<table class="grid facts"><tbody>'
        for name, phrase in rows:
            yield f'<tr><th scope="row">{escape(name)}</th><td>{self._phrase(phrase)}</td></tr>'
        yield "</tbody></table>"

    def _section(self, section: Section) -> Iterator[str]:
        key = escape(section.key)
        yield f'<section aria-labelledby="{key}"><h2 id="{key}">{escape(section.title)}</h2>'
        for block in section.blocks:
            yield from self._block(block)
        yield "</section>"

    def _block(self, block: Block) -> Iterator[str]:
        if isinstance(block, Heading):
            yield f"<h3>{self._phrase(block.text)}</h3>"
        elif isinstance(block, Paragraph):
            mark = ' class="written"' if block.written else ""
            yield f"<p{mark}>{self._phrase(block.text)}</p>"
        elif isinstance(block, Bullets):
            items = (f"<li>{self._phrase(item)}</li>" for item in block.items)
            yield f"<ul>{''.join(items)}</ul>"
        else:
            yield from self._table(block)

    def _table(self, table: Table) -> Iterator[str]:
        caption = escape(table.caption.text)
        yield f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}">'
        yield f'<table class="grid"><caption>{self._phrase(table.caption)}</caption><thead><tr>'
        for place, name in enumerate(table.columns):
            yield f'<th scope="col"{_number(place, table)}>{escape(name)}</th>'
        yield "</tr></thead><tbody>"
        first_total = len(table.rows) - table.totals
        for number, row in enumerate(table.rows):
            yield '<tr class="total">' if number >= first_total else "<tr>"
            yield from self._row(table, row)
            yield "</tr>"
        yield "</tbody></table></div>"

    def _row(self, table: Table, row: tuple[Phrase, ...]) -> Iterator[str]:
        said = {*table.caption.records, *(_named(one) for one in row)}
        records = [record for one in row for record in one.records if record not in said]
        for place, cell in enumerate(row):
            text = self._text(cell) + (self._refs(records) if place == 0 else "")
            if place == 0:
                yield f'<th scope="row">{text}</th>'
            else:
                yield f"<td{_number(place, table)}>{text}</td>"

    def _sources(self) -> Iterator[str]:
        report = self._report
        yield '<section aria-labelledby="sources">'
        yield f'<h2 id="sources">{escape(report.sources_title)}</h2>'
        yield f"<p>{escape(report.made_text)}</p>"
        yield '<ol class="rests-on">'
        for number, one in enumerate(report.sources, 1):
            kept_by = TEXTS["kept by"][report.language].format(one.node) if one.node else ""
            parts = (one.kind_text, one.day_text, kept_by)
            told = " · ".join(escape(part) for part in parts if part)
            yield f'<li id="source-{number}">{self._text(one.name)} · {told}'
            yield f" · {_origin(one.origin)}</li>" if one.origin else "</li>"
        yield "</ol></section>"

    def _phrase(self, phrase: Phrase) -> str:
        """A text, with the numbers of what it rests on."""
        return self._text(phrase) + ("" if phrase.is_name else self._refs(phrase.records))

    def _text(self, phrase: Phrase) -> str:
        text = escape(phrase.text)
        is_other = phrase.language and phrase.language != self._report.language
        mark = f' lang="{escape(phrase.language)}"' if is_other else ""
        href = self._link(phrase.records[0]) if phrase.is_name and phrase.records else ""
        if href:
            return f'<a class="utrecht-link" href="{escape(href)}"{mark}>{text}</a>'
        return f"<span{mark}>{text}</span>" if mark else text

    def _refs(self, records: Iterable[str]) -> str:
        numbers = sorted({self._numbers[one] for one in records if one in self._numbers})
        if not numbers:
            return ""
        links = " ".join(f'<a href="#source-{number}">[{number}]</a>' for number in numbers)
        return f' <span class="refs">{links}</span>'


def _named(phrase: Phrase) -> str:
    return phrase.records[0] if phrase.is_name and phrase.records else ""


def _number(place: int, table: Table) -> str:
    return ' class="number"' if place in table.numeric else ""


def _origin(origin: str) -> str:
    if origin.startswith(("http://", "https://")):
        href = escape(origin)
        return f'<a class="utrecht-link" rel="noreferrer" href="{href}">{href}</a>'
    return escape(origin)
