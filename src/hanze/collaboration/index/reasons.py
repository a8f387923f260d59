"""Why a record is found: what was asked, and what that is in the record's language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hanze.collaboration.index.asking import Asked, Way
from hanze.collaboration.index.names import Names
from hanze.collaboration.index.texts import TextIndex
from hanze.collaboration.records.record import LANGUAGES, Record
from hanze.collaboration.vocabulary.concept import Vocabulary

__all__ = ["Kind", "Matched", "Reasons", "codes_in"]

_MOST: Final = 5

Kind = Literal["code", "name", "concept", "phrase", "word"]
_KINDS: Final[Mapping[str, Kind]] = {
    "lemma": "word",
    "prefix": "word",
    "concept": "concept",
    "name": "name",
}
_ORDER: Final[Sequence[Kind]] = ("code", "phrase", "concept", "name", "word")


@dataclass(frozen=True, slots=True)
class Matched:
    """Why a record is found.

    Attributes:
        kind: "concept" meets across languages; "name" is that of a record that it names.
        asked: What was asked, as it was written; "" for a description.
        label: What that is, in the language of who asks.
        found: The same in the record's language, where that is another; else "".
        term: Id of the concept or of the named record; else the word.
    """

    kind: Kind
    asked: str
    label: str
    found: str
    term: str

    @property
    def text(self) -> str:
        """As a person reads it: "bicycle parking = 자전거 보관소"."""
        return " = ".join(dict.fromkeys(part for part in (self.label, self.found) if part))


class Reasons:
    """Tells why records are found.

    Args:
        texts: The index.
        names: Codes and titles.
        vocabulary: Has the labels of concepts.
        title: Gives the title of a record in a language; "" where it is not here.
    """

    def __init__(
        self,
        texts: TextIndex,
        names: Names,
        vocabulary: Vocabulary,
        title: Callable[[str, str], str],
    ) -> None:
        self._texts = texts
        self._names = names
        self._vocabulary = vocabulary
        self._title = title

    def of(self, asked: Asked, record: Record, row: int, language: str) -> tuple[Matched, ...]:
        """Tell why a row is found, the best reason first."""
        best: dict[tuple[Kind, str], tuple[float, Way, Matched]] = {}
        for way, term, score in self._texts.ways_to(row, asked, self._names):
            one = self._matched(way, term, asked, language, record)
            key = (one.kind, one.label)
            if key not in best or best[key][0] < score:
                best[key] = (score, way, one)
        # "bicycle parking" is found: that "bicycle" is, too, says nothing more.
        spans = [set(way.words) for _, way, one in best.values() if one.kind == "concept"]
        ranked = sorted(best.values(), key=lambda each: -each[0])
        found = [
            one
            for _, way, one in ranked
            if one.kind != "concept" or not any(set(way.words) < span for span in spans)
        ]
        coded = (code for code in codes_in(asked) if record.id in self._names.by_code(code))
        found += [Matched("code", code, code, "", record.id) for code in coded]
        found += [Matched("phrase", phrase, phrase, "", phrase) for phrase in asked.phrases]
        found.sort(key=lambda one: _ORDER.index(one.kind))
        # A concept and the word by which it is called are one reason to a reader.
        told: dict[str, Matched] = {}
        for one in found:
            told.setdefault(one.text, one)
        return tuple(told.values())[:_MOST]

    def _matched(self, way: Way, term: str, asked: Asked, language: str, record: Record) -> Matched:
        written = asked.written(way)
        label, found = term, ""
        if way.kind == "concept":
            label = self._vocabulary.label(term, language)
            if language not in record.title:
                there = next((tag for tag in record.title if tag in LANGUAGES), "en")
                found = self._vocabulary.label(term, there)
        elif way.kind == "name":
            label = self._title(term, language) or written
        elif way.kind == "lemma":
            label = written or term
        return Matched(_KINDS[way.kind], written, label, found if found != label else "", term)


def codes_in(asked: Asked) -> list[str]:
    """Which of the words may be a code: those with a digit or a colon, and a word on its own."""
    if len(asked.text.split()) == 1:
        return [asked.text]
    return [word for word in asked.words if ":" in word or any(map(str.isdigit, word))]
