"""A report as PDF: tagged, in its language, with the glyphs of all texts within it."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import zlib
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from hanze.collaboration.reporting import pdf
from hanze.collaboration.reporting.html import document_html
from hanze.collaboration.reporting.model import report_of
from hanze.collaboration.reporting.pdf import PdfNotInstalled, TooManyPdfs, pdf_of
from tests.collectives import collective_of
from tests.journeys import JOURNEY, TODAY, journey


def _can_print() -> bool:
    if os.environ.get("HANZE_REQUIRE_ALL") == "1":
        return True
    try:
        import_module("weasyprint")
    except (ImportError, OSError):
        return False
    return all(shutil.which(tool) for tool in ("pdfinfo", "pdffonts", "pdftotext"))


needs_pango = pytest.mark.skipif(
    not _can_print(), reason="needs the extra reports, Pango and poppler-utils"
)


async def _html(language: str) -> str:
    async with collective_of(*journey()) as collective:
        report = report_of(collective, JOURNEY, language, TODAY)
    return document_html(report, link=lambda record_id: f"https://node.test/{record_id}")


def _told(tool: str, *options: str) -> str:
    return subprocess.run((tool, *options), capture_output=True, text=True, check=True).stdout


def _objects(raw: bytes) -> bytes:
    """The objects of a file, those in compressed streams as well."""
    found = [raw]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL):
        with suppress(zlib.error):
            found.append(zlib.decompress(packed))
    return b"".join(found)


@needs_pango
@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "title", "word"),
    [
        ("nl", "Bezoek aan Gyeonggi", "Deelnemers"),
        ("en", "Visit to Gyeonggi", "Participants"),
        ("ko", "경기도 방문", "참가자"),
    ],
)
async def test_pdf_of_should_be_tagged_when_it_is_looked_at_by_tools(
    tmp_path: Path, language: str, title: str, word: str
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(await pdf_of(await _html(language)))
    lines = (line.partition(":") for line in _told("pdfinfo", str(path)).splitlines())
    facts = {name.strip(): value.strip() for name, _, value in lines}
    assert (facts["Tagged"], facts["Title"], facts["Suspects"]) == ("yes", title, "no")
    structure = _told("pdfinfo", "-struct-text", str(path))
    for tag in ("H1", "H2", "Table", "Caption", "THead", "TH", "TD", "LI", "Link"):
        assert f"{tag} " in structure or f"{tag}\n" in structure or f"{tag}:" in structure, tag
    # Name, type (of one or more words), encoding; then: embedded, subset, unicode, object.
    fonts = [line.split() for line in _told("pdffonts", str(path)).splitlines()[2:]]
    assert fonts
    assert all(font[-5:-2] == ["yes", "yes", "yes"] for font in fonts)
    text = _told("pdftotext", str(path), "-")
    assert word in text
    assert "\ufffd" not in text
    objects = _objects(path.read_bytes())
    assert f"/Lang ({language})".encode() in objects
    assert b"/Outlines" in objects
    metadata = _told("pdfinfo", "-meta", str(path))
    assert "pdfuaid:part" in metadata


@needs_pango
@pytest.mark.slow
async def test_pdf_of_should_be_made_once_when_many_ask_for_the_same() -> None:
    html = await _html("en")
    first, second = await asyncio.gather(pdf_of(html), pdf_of(html))
    assert first is second
    assert await pdf_of(html) is first


@needs_pango
@pytest.mark.slow
async def test_pdf_of_should_fetch_nothing_when_a_document_names_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("h1 { content: 'stolen' }", encoding="utf-8")
    html = (
        '<html lang="en"><head><title>x</title>'
        f'<link rel="stylesheet" href="{secret.as_uri()}"></head>'
        f'<body><h1>Plain</h1><img src="{secret.as_uri()}" alt="picture"></body></html>'
    )
    path = tmp_path / "plain.pdf"
    path.write_bytes(await pdf_of(html))
    text = _told("pdftotext", str(path), "-")
    assert "Plain" in text
    assert "stolen" not in text


async def test_pdf_of_should_name_the_extra_when_it_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(PdfNotInstalled, match=r"hanze\[reports\]"):
        await pdf_of("<p>not made before</p>")


async def test_pdf_of_should_refuse_when_too_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_MOST_WAITING", 0)
    with pytest.raises(TooManyPdfs):
        await pdf_of("<p>nor this</p>")
