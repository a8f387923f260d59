"""A report as HTML: what it says is escaped, marked in its language, and leads to its records."""

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.collaboration.records.missions import Mission
from hanze.collaboration.records.record import LANGUAGES
from hanze.collaboration.reporting.document import Paragraph, Phrase, Report, Section, Source
from hanze.collaboration.reporting.html import document_html, report_html
from hanze.collaboration.reporting.model import report_of
from tests.collectives import collective_of
from tests.journeys import JOURNEY, PERMISSION, REPORT, TODAY, journey

_VOID = frozenset({"meta", "br", "link", "img"})


class _Reader(HTMLParser):
    """Reads elements, and sees that each that opens is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


async def _report(language: str = "en", title: str = "Visit <b>&</b>") -> Report:
    records = [
        replace(one, title={"en": title}) if isinstance(one, Mission) else one for one in journey()
    ]
    async with collective_of(*records) as collective:
        return report_of(collective, JOURNEY, language, TODAY)


def _link(record_id: str) -> str:
    return "" if record_id == REPORT else f"https://node.test/en/{record_id}?a=1&b=2"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_document_html_should_be_whole_when_it_is_read_as_html(language: str) -> None:
    reader = _read(document_html(await _report(language), link=_link))
    root = next(attrs for tag, attrs in reader.elements if tag == "html")
    assert root["lang"] == language
    headings = [tag for tag, _ in reader.elements if tag in ("h1", "h2", "h3")]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    assert not [tag for tag, _ in reader.elements if tag in ("script", "img", "b", "together")]


async def test_report_html_should_give_every_table_headers_when_there_are_figures() -> None:
    reader = _read(report_html(await _report(), link=_link))
    tags = [tag for tag, _ in reader.elements]
    scopes = [attrs.get("scope") for tag, attrs in reader.elements if tag == "th"]
    assert set(scopes) == {"row", "col"}
    # The facts at the head are one without a caption: its heading is that of the report.
    assert tags.count("caption") == tags.count("table") - 1


async def test_report_html_should_mark_the_language_when_a_text_is_in_another() -> None:
    reader = _read(report_html(await _report("ko"), link=_link))
    languages = {attrs["lang"] for _, attrs in reader.elements if "lang" in attrs}
    assert languages == {"en"}


async def test_report_html_should_lead_to_what_it_rests_on_when_figures_are_shown() -> None:
    report = await _report()
    reader = _read(report_html(report, link=_link))
    number = report.records.index(PERMISSION) + 1
    ids = {attrs["id"] for _, attrs in reader.elements if "id" in attrs}
    hrefs = [attrs["href"] or "" for tag, attrs in reader.elements if tag == "a"]
    assert f"source-{number}" in ids
    assert f"#source-{number}" in hrefs
    assert all(href[1:] in ids for href in hrefs if href.startswith("#"))
    assert not any(REPORT in href for href in hrefs)


def _titled(title: str) -> Report:
    return Report(
        mission=JOURNEY,
        language="en",
        title=Phrase(title, "nl"),
        kind=title,
        facts=((title, Phrase(title, "en")),),
        sections=(Section("goal", title, (Paragraph(Phrase(title, "ko"), written=True),)),),
        status="draft",
        status_text=title,
        published_on=None,
        author=Phrase(title, "en"),
        report=None,
        made_on=TODAY,
        made_text=title,
        sources=(Source(Phrase(title, "en", (REPORT,)), "X", title, title, title, title, title),),
        sources_title=title,
        simulated=title,
    )


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
@settings(max_examples=80, deadline=None)
def test_document_html_should_say_a_text_as_it_is_when_it_holds_anything(title: str) -> None:
    reader = _read(document_html(_titled(title), link=_link))
    assert "".join(reader.words).count(title) >= 11
    told = [
        value for _, attrs in reader.elements for name, value in attrs.items() if name == "content"
    ]
    assert told.count(title) == 2
