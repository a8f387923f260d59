"""The vocabulary of the field in three languages: its concepts, and the records about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from starlette.responses import Response

from hanze.collaboration.filters import Filters
from hanze.collaboration.overview import overview
from hanze.collaboration.vocabulary.concept import LANGUAGES, THEMES, Concept, Vocabulary
from hanze.collaboration.vocabulary.entities import entity_id
from hanze.collaboration.vocabulary.skos import to_jsonld, to_turtle
from hanze.errors import NotFound
from hanze.web.portal.collective.desk import Badge, Desk
from hanze.web.portal.collective.files import csv_file
from hanze.web.portal.collective.paging import page_asked, pages_to

__all__ = ["download", "show", "show_one"]

_SIZE: Final = 50
_SHOWN: Final = 6


class VocabularyFormatNotFound(NotFound):
    """The vocabulary is not written in this form."""

    def __init__(self) -> None:
        super().__init__("The vocabulary is written as ttl, jsonld and csv")


@dataclass(frozen=True, slots=True)
class _Row:
    """A concept in a list."""

    id: str
    href: str
    label: str
    others: tuple[tuple[str, str], ...]
    badge: Badge
    above: str
    below: int
    own: bool


async def show(desk: Desk) -> Response:
    """Browse from the top, or search in three languages; filtered by subject, status and source."""
    vocabulary = desk.search.vocabulary
    text, top = desk.asked("q"), desk.asked("top")
    status, own = desk.asked("status"), desk.asked("own") == "yes"
    searching = bool(text or top or status or own)
    found = _found(vocabulary, text, top, status, own=own, language=desk.lang) if searching else []
    here = min(page_asked(desk.asked("page")), max(-(-len(found) // _SIZE), 1))

    def address(page: str) -> str:
        mine = "yes" if own else ""
        return desk.at("/vocabulary", q=text, top=top, status=status, own=mine, page=page)

    return desk.page(
        "vocabulary.html",
        menu="vocabulary",
        rows=[_row(desk, one) for one in found[(here - 1) * _SIZE : here * _SIZE]],
        total=len(found),
        size=len(vocabulary),
        reviewed=sum(one.status == "reviewed" for one in vocabulary.concepts.values()),
        tops=[
            (
                _row(desk, vocabulary.concept(one)),
                [_row(desk, vocabulary.concept(each)) for each in vocabulary.narrower(one)],
            )
            for one in _tops(vocabulary)
        ],
        searching=searching,
        text=text,
        top=top,
        status_asked=status,
        own=own,
        here=here,
        pages=pages_to(len(found), here, address, _SIZE),
        downloads=_downloads(desk),
    )


async def show_one(desk: Desk) -> Response:
    """Show a concept: its words, what is around it, and the records about it."""
    vocabulary = desk.search.vocabulary
    concept = vocabulary.concept(str(desk.visit.request.path_params["concept"]))
    # Search reads a label as its concept, and so finds it in texts of every language.
    label = vocabulary.label(concept.id, desk.lang)
    about = overview(
        desk.collective,
        desk.search,
        Filters(text=label),
        language=desk.lang,
        limit=_SHOWN,
    )
    record = desk.collective.find(entity_id(concept.id))
    return desk.page(
        "concept.html",
        menu="vocabulary",
        concept=concept,
        row=_row(desk, concept),
        above=[
            (vocabulary.label(one, desk.lang), _path(desk, one))
            for one in reversed(vocabulary.ancestors(concept.id))
        ],
        labels=[
            (desk.language_name(tag), tag, labels)
            for tag, labels in sorted(concept.labels.items(), key=lambda one: _place(one[0]))
            if labels
        ],
        broader=_row(desk, vocabulary.concept(concept.broader)) if concept.broader else None,
        narrower=_rows(desk, vocabulary, vocabulary.narrower(concept.id)),
        related=_rows(desk, vocabulary, concept.related),
        sdg=[(one, desk.code("sdg", one.partition(".")[0])) for one in concept.sdg],
        cards=[desk.card(one.held, one.matches) for one in about.rows],
        total=about.total,
        pending=about.pending,
        card=desk.card(record) if record is not None else None,
        downloads=_downloads(desk),
    )


async def download(desk: Desk) -> Response:
    """Answer the whole vocabulary: SKOS as Turtle or JSON-LD, or a table."""
    vocabulary = desk.search.vocabulary
    ending = str(desk.visit.request.path_params["ending"])
    name = {"content-disposition": f'attachment; filename="hanze-vocabulary.{ending}"'}
    if ending == "ttl":
        return Response(to_turtle(vocabulary), media_type="text/turtle", headers=name)
    if ending == "jsonld":
        body = orjson.dumps(to_jsonld(vocabulary))
        return Response(body, media_type="application/ld+json", headers=name)
    if ending != "csv":
        raise VocabularyFormatNotFound
    return csv_file(
        "hanze-vocabulary",
        ("id", "broader", *LANGUAGES, "related", "sdg", "status"),
        (
            (
                *(one.id, one.broader),
                *("; ".join(one.labels.get(tag, ())) for tag in LANGUAGES),
                *(", ".join(one.related), ", ".join(one.sdg), one.status),
            )
            for one in sorted(vocabulary.concepts.values(), key=lambda one: one.id)
        ),
    )


def _downloads(desk: Desk) -> list[tuple[str, str]]:
    return [
        (name, desk.at(f"/vocabulary.{ending}"))
        for name, ending in (("SKOS (Turtle)", "ttl"), ("SKOS (JSON-LD)", "jsonld"), ("CSV", "csv"))
    ]


def _tops(vocabulary: Vocabulary) -> list[str]:
    """Name the top concepts: the seven themes in their order first."""
    order = {name: number for number, name in enumerate(THEMES)}
    return sorted(vocabulary.top_concepts, key=lambda one: (order.get(one, len(order)), one))


def _found(
    vocabulary: Vocabulary, text: str, top: str, status: str, *, own: bool, language: str
) -> list[Concept]:
    """Choose concepts: those with a word that begins as asked first, then by label."""
    wanted = text.casefold()

    def rank(one: Concept) -> tuple[bool, str]:
        begins = any(
            label.casefold().startswith(wanted) for some in one.labels.values() for label in some
        )
        return not begins, vocabulary.label(one.id, language).casefold()

    return sorted(
        (
            one
            for one in vocabulary.concepts.values()
            if (not wanted or _has(one, wanted))
            and (not top or top in (one.id, *vocabulary.ancestors(one.id)))
            and status in ("", one.status)
            and (not own or ":" in one.id)
        ),
        key=rank,
    )


def _has(concept: Concept, text: str) -> bool:
    words = (label for some in concept.labels.values() for label in some)
    return text in concept.id or any(text in label.casefold() for label in words)


def _rows(desk: Desk, vocabulary: Vocabulary, several: Sequence[str]) -> list[_Row]:
    return [_row(desk, vocabulary.concept(one)) for one in several]


def _row(desk: Desk, concept: Concept) -> _Row:
    vocabulary = desk.search.vocabulary
    tone = "good" if concept.status == "reviewed" else "waiting"
    return _Row(
        id=concept.id,
        href=_path(desk, concept.id),
        label=vocabulary.label(concept.id, desk.lang),
        others=tuple(
            (tag, concept.labels[tag][0])
            for tag in LANGUAGES
            if tag != desk.lang and concept.labels.get(tag)
        ),
        badge=Badge(desk.code("status", concept.status), tone),
        above=vocabulary.label(concept.broader, desk.lang) if concept.broader else "",
        below=len(vocabulary.narrower(concept.id)),
        own=":" in concept.id,
    )


def _path(desk: Desk, concept_id: str) -> str:
    return desk.at(f"/vocabulary/{concept_id}")


def _place(tag: str) -> int:
    return LANGUAGES.index(tag) if tag in LANGUAGES else len(LANGUAGES)
