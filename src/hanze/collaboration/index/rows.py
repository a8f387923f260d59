"""The records of the collective as rows with columns, so that many are filtered and counted at once."""

from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.index.postings import Postings
from hanze.collaboration.records.record import LANGUAGES, Record, text_of
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.vocabulary.concept import Vocabulary
from hanze.errors import InvalidInput
from hanze.ngsild.moment import parse_datetime

__all__ = ["NONE", "Codes", "Rows", "theme_concept", "title_key"]

Mask = NDArray[np.bool_]

#: The code of what is unknown; it is the first of every column.
NONE: Final = ""
_FIRST: Final = 1_024
_KEY_CHARACTERS: Final = 4
#: Of the place among equals: minutes since 1970, and of which record.
_MINUTE_BITS: Final = 26
_RECORD_BITS: Final = 37
_MINUTE_US: Final = 60_000_000


class Codes:
    """Texts and small numbers for them; 0 is `NONE`."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self.number(NONE)

    def number(self, name: str) -> int:
        """The number of a text, a new one if need be."""
        found = self._numbers.setdefault(name, len(self.names))
        if found == len(self.names):
            self.names.append(name)
        return found

    def known(self, name: str) -> int | None:
        """The number of a text, if it has one."""
        return self._numbers.get(name)


class Rows:
    """One row per record, in the order in which they came; a changed record gets a new one.

    Attributes:
        held: The record of each row; `None` where it changed or went.
        codes: Of the columns "kind", "city", "stage", "status", "provenance".
        themes: Concept or id of a theme → rows; what is above included.
    """

    def __init__(self) -> None:
        self.held: list[Held[Record] | None] = []
        self.codes: dict[str, Codes] = {
            name: Codes() for name in ("kind", "city", "stage", "status", "provenance")
        }
        for name in RECORD_TYPES:
            self.codes["kind"].number(name)
        self.themes = Postings()
        self._row: dict[str, int] = {}
        self._dead = 0
        kinds: dict[str, type[np.generic]] = {
            **dict.fromkeys(self.codes, np.int32),
            "date": np.int32,
            "place": np.int64,
            "alive": np.bool_,
            "themed": np.bool_,
            **{name: np.uint64 for language in LANGUAGES for name in _keys(language)},
        }
        self._columns: dict[str, NDArray[np.generic]] = {
            name: np.zeros(_FIRST, kind) for name, kind in kinds.items()
        }

    def __len__(self) -> int:
        return len(self.held)

    @property
    def ids(self) -> Iterator[str]:
        """Ids of the records that are there."""
        yield from list(self._row)

    @property
    def dead(self) -> int:
        """Rows that hold nothing any more."""
        return self._dead

    def row(self, record_id: str) -> int | None:
        """The row of a record."""
        return self._row.get(record_id)

    def column(self, name: str) -> NDArray[np.int32]:
        """A column of codes, or "date" in days since the year 1 (0: unknown)."""
        return self._columns[name][: len(self.held)]  # type: ignore[return-value]  # made as int32

    @property
    def themed(self) -> Mask:
        """Which rows have a theme or concept that a person gave them."""
        return self._columns["themed"][: len(self.held)]  # type: ignore[return-value]  # made as bool

    @property
    def alive(self) -> Mask:
        """Which rows hold a record."""
        return self._columns["alive"][: len(self.held)]  # type: ignore[return-value]  # made as bool

    @property
    def places(self) -> NDArray[np.int64]:
        """Numbers that put equals in order: what changed last first, then one order for all nodes.

        The order of the rows themselves is that in which this node heard of records.
        """
        return self._columns["place"][: len(self.held)]  # type: ignore[return-value]  # made as int64

    def title_keys(self, language: str) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Numbers that sort as the first characters of the titles do."""
        first, second = (self._columns[name][: len(self.held)] for name in _keys(language))
        return first, second  # type: ignore[return-value]  # made as uint64

    def put(self, held: Held[Record], collective: Collective, vocabulary: Vocabulary) -> int:
        """Give a record a row; return its number."""
        self.drop(held.record.id)
        row = len(self.held)
        self.held.append(held)
        self._row[held.record.id] = row
        if row >= len(self._columns["alive"]):
            for name, column in self._columns.items():
                self._columns[name] = np.concatenate([column, np.zeros_like(column)])
        record = held.record
        texts = {
            "kind": type(record).__name__,
            "city": held.city or NONE,
            "stage": getattr(record, "stage", NONE),
            "status": getattr(record, "status", NONE),
            "provenance": record.provenance or NONE,
        }
        columns = self._columns
        for name, text in texts.items():
            columns[name][row] = self.codes[name].number(text)
        columns["date"][row] = _day(held.date)
        columns["place"][row] = _place(held)
        columns["alive"][row] = True
        for language in LANGUAGES:
            names = _keys(language)
            for name, key in zip(names, title_key(record, language), strict=True):
                columns[name][row] = key
        themes = _themes(record, collective, vocabulary)
        columns["themed"][row] = bool(themes)
        self.themes.add(row, dict.fromkeys(themes, 1.0))
        return row

    def drop(self, record_id: str) -> None:
        """Take a record out."""
        row = self._row.pop(record_id, None)
        if row is not None:
            self.held[row] = None
            self._columns["alive"][row] = False
            self._dead += 1

    def compact(self) -> NDArray[np.int64]:
        """Close the gaps; return the new number of each row, below 0 where there is none."""
        alive = self.alive.copy()
        places = np.where(alive, np.cumsum(alive) - 1, -1)
        for name, column in self._columns.items():
            kept = column[: len(alive)][alive]
            self._columns[name] = np.concatenate([kept, np.zeros(len(kept) + _FIRST, kept.dtype)])
        self.held = [held for held in self.held if held is not None]
        self._row = {held.record.id: row for row, held in enumerate(self.held) if held is not None}
        self.themes.keep(places)
        self._dead = 0
        return places


def theme_concept(theme_id: str, collective: Collective) -> str:
    """The concept of a theme: its notation, or the end of its id where it is not here."""
    held = collective.find(theme_id)
    notation = held.record.notation if held and isinstance(held.record, Theme) else None
    return notation or theme_id.rpartition(":")[2]


def _themes(record: Record, collective: Collective, vocabulary: Vocabulary) -> set[str]:
    """Themes and concepts of a record as people gave them, with what is above."""
    found: set[str] = set()
    if isinstance(record, Theme):
        found |= _theme_and_above(record.id, collective)
    for theme in record.themes:
        found |= _theme_and_above(theme, collective)
    named = [theme_concept(theme, collective) for theme in found]
    for concept in (*named, *record.concepts):
        if concept in vocabulary:
            found |= {concept, *vocabulary.ancestors(concept)}
    return found


def _theme_and_above(theme_id: str, collective: Collective) -> set[str]:
    found: set[str] = set()
    above: str | None = theme_id
    while above is not None and above not in found:
        found.add(above)
        held = collective.find(above)
        above = held.record.broader if held and isinstance(held.record, Theme) else None
    return found


def title_key(record: Record, language: str) -> tuple[int, int]:
    """Two numbers that sort as the first eight characters of a title in a language do."""
    title = text_of(record.title, language).casefold().encode("utf-16-be")
    width = 2 * _KEY_CHARACTERS
    return (
        int.from_bytes(title[:width].ljust(width, b"\0")),
        int.from_bytes(title[width : 2 * width].ljust(width, b"\0")),
    )


def _keys(language: str) -> Sequence[str]:
    return (f"title {language} 1", f"title {language} 2")


def _place(held: Held[Record]) -> int:
    try:
        minutes = parse_datetime(held.modified_at) // _MINUTE_US
    except InvalidInput:
        minutes = 0
    latest = (1 << _MINUTE_BITS) - 1
    before_latest = latest - min(max(minutes, 0), latest)
    hashed = blake2b(held.record.id.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return before_latest << _RECORD_BITS | int.from_bytes(hashed) >> (64 - _RECORD_BITS)


def _day(text: str) -> int:
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        return 0
