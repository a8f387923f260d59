"""Concepts of the field with their words in Dutch, English and Korean, as values.

Terms are those of SKOS (W3C Recommendation of 18 August 2009): the first label of a language is its
`prefLabel`, the others are `altLabel`; `broader` leads to the top concepts. The seven application
areas are top concepts, and so are the subjects that cut across them (technology, governance, ...).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, Literal

import msgspec
from msgspec import structs

from hanze.collaboration.vocabulary.faults import ConceptNotFound, Fault, VocabularyInvalid

__all__ = [
    "CONCEPT_NS",
    "LANGUAGES",
    "THEMES",
    "Concept",
    "Status",
    "Vocabulary",
    "check_concepts",
    "concept_lines",
    "load_vocabulary",
    "read_concepts",
]

CONCEPT_NS: Final = "https://w3id.org/hanze/concept/"

#: The seven application areas, which are top concepts.
THEMES: Final = (
    "circular-economy",
    "mobility",
    "energy",
    "built-environment",
    "health",
    "safety",
    "water",
)

#: The languages in which each concept of ours has labels.
LANGUAGES: Final = ("nl", "en", "ko")

Status = Literal["draft", "reviewed"]

#: Kebab-case; concepts of a city have its name before a colon: "utrecht:bicycle-bus".
_ID = re.compile(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*:)?[a-z0-9]+(?:-[a-z0-9]+)*")
_HEADER = re.compile(r"[ \t]*\[\[\s*concept\s*\]\]")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
#: A goal ("7") or a target ("11.6", "11.b") of the Sustainable Development Goals.
_SDG = re.compile(r"(?:1[0-7]|[1-9])(?:\.(?:[1-9][0-9]?|[a-d]))?")


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """A concept (`skos:Concept`).

    Attributes:
        id: Kebab-case and unique, e.g. "bicycle-parking"; a city's own have its name before a
            colon.
        labels: Language to labels, the preferred one first, then synonyms (`altLabel`).
        broader: Id of the concept above; `None` for a top concept.
        related: Ids of concepts beside it; a vocabulary makes this symmetric, as SKOS has it.
        theme: One of `THEMES`, or "" for what cuts across them; a vocabulary sets it.
        sdg: Targets ("11.6") or goals ("7") of the Sustainable Development Goals.
        status: "reviewed" once a speaker of each of its languages agreed to the labels.
    """

    id: str
    labels: Mapping[str, tuple[str, ...]]
    broader: str | None = None
    related: tuple[str, ...] = ()
    theme: str = ""
    sdg: tuple[str, ...] = ()
    status: Status = "draft"

    @property
    def uri(self) -> str:
        return CONCEPT_NS + self.id


class Vocabulary:
    """Concepts that fit together; immutable.

    Args:
        concepts: All of them, in any order. Their `theme` is set from their top concept, and
            `related` is made symmetric.
        source: What an error calls them.

    Raises:
        VocabularyInvalid: An id occurs twice or is not kebab-case, `broader` or `related` does not
            exist, `broader` goes round in a circle, or a label is empty or occurs twice.
    """

    def __init__(self, concepts: Iterable[Concept], *, source: str = "The vocabulary") -> None:
        given = tuple(concepts)
        faults = check_concepts(given)
        if faults:
            raise VocabularyInvalid(source, faults)
        known = {concept.id: concept for concept in given}
        narrower: dict[str, list[str]] = {concept.id: [] for concept in given}
        related: dict[str, set[str]] = {concept.id: set(concept.related) for concept in given}
        for concept in given:
            if concept.broader is not None:
                narrower[concept.broader].append(concept.id)
            for other in concept.related:
                related[other].add(concept.id)
        self._narrower = {id_: tuple(sorted(below)) for id_, below in narrower.items()}
        self._ancestors = {id_: tuple(_upwards(id_, known)) for id_ in known}
        self.concepts: Mapping[str, Concept] = MappingProxyType(
            {
                concept.id: structs.replace(
                    concept,
                    related=tuple(sorted(related[concept.id])),
                    theme=_theme((concept.id, *self._ancestors[concept.id])),
                )
                for concept in given
            }
        )

    def __contains__(self, concept_id: object) -> bool:
        return concept_id in self.concepts

    def __len__(self) -> int:
        return len(self.concepts)

    @property
    def top_concepts(self) -> tuple[str, ...]:
        return tuple(id_ for id_, concept in self.concepts.items() if concept.broader is None)

    def concept(self, concept_id: str) -> Concept:
        """Return a concept.

        Raises:
            ConceptNotFound: There is none of this id.
        """
        try:
            return self.concepts[concept_id]
        except KeyError:
            raise ConceptNotFound(concept_id) from None

    def narrower(self, concept_id: str) -> tuple[str, ...]:
        """Ids of the concepts right below one, by id.

        Raises:
            ConceptNotFound: There is none of this id.
        """
        return self._narrower[self.concept(concept_id).id]

    def ancestors(self, concept_id: str) -> tuple[str, ...]:
        """Ids of the concepts above one, the nearest first and the top concept last.

        Raises:
            ConceptNotFound: There is none of this id.
        """
        return self._ancestors[self.concept(concept_id).id]

    def label(self, concept_id: str, language: str) -> str:
        """The preferred label, else the English one, else the first that there is.

        Raises:
            ConceptNotFound: There is none of this id.
        """
        labels = self.concept(concept_id).labels
        for each in (language, "en", *labels):
            if labels.get(each):
                return labels[each][0]
        return concept_id

    def extended(self, concepts: Iterable[Concept]) -> "Vocabulary":
        """A vocabulary with more concepts; one with a known id is taken instead of that.

        Raises:
            VocabularyInvalid: They do not fit.
        """
        added = {concept.id: concept for concept in concepts}
        return Vocabulary({**self.concepts, **added}.values())


def check_concepts(
    concepts: Sequence[Concept],
    *,
    languages: Sequence[str] = (),
) -> tuple[Fault, ...]:
    """Tell what is wrong with concepts.

    Args:
        concepts: All of them: `broader` and `related` must lead to one of these.
        languages: In which each must have labels; without any, one label in one language is enough.
    """
    parents: dict[str, str | None] = {}
    faults: list[Fault] = []
    for concept in concepts:
        if concept.id in parents:
            faults.append(Fault(concept.id, "occurs twice"))
        parents[concept.id] = concept.broader
    for concept in concepts:
        reasons = (
            *_faults_of_codes(concept),
            *_faults_of_labels(concept, languages),
            *_faults_of_links(concept, parents),
        )
        faults += (Fault(concept.id, reason) for reason in reasons)
    return tuple(faults)


def _faults_of_codes(concept: Concept) -> Iterator[str]:
    if not _ID.fullmatch(concept.id):
        yield 'must have an id of lower case letters, digits and hyphens, like "bicycle-parking"'
    for sdg in concept.sdg:
        if not _SDG.fullmatch(sdg):
            yield f'names "{sdg}", which is no goal ("7") or target ("11.6")'


def _faults_of_labels(concept: Concept, languages: Sequence[str]) -> Iterator[str]:
    if not any(concept.labels.values()):
        yield "has no label"
    for language in languages:
        if not concept.labels.get(language):
            yield f"has no label in {language}"
    for language, labels in concept.labels.items():
        if not _LANGUAGE.fullmatch(language):
            yield f'has labels in "{language}", which is no language code'
        if not all(label and label.isprintable() and label == label.strip() for label in labels):
            yield f"has a label in {language} that is empty, not printable or has blanks around it"
        folded = [label.casefold() for label in labels]
        for twice in sorted({label for label in folded if folded.count(label) > 1}):
            yield f'has the label "{twice}" twice in {language}'


def _faults_of_links(concept: Concept, parents: Mapping[str, str | None]) -> Iterator[str]:
    if concept.broader is not None and concept.broader not in parents:
        yield f"has the broader concept {concept.broader}, which does not exist"
    above = _path(concept.id, parents)
    if concept.id in above:
        yield "is its own ancestor"
    for other in concept.related:
        if other not in parents:
            yield f"is related to {other}, which does not exist"
        elif other == concept.id or other in above or concept.id in _path(other, parents):
            # skos:related is disjoint with skos:broaderTransitive (SKOS Reference, S27).
            yield f"is related to {other}, which is itself or above or below it"


def _path(concept_id: str, parents: Mapping[str, str | None]) -> list[str]:
    """What stands above a concept; ends where it meets a concept again."""
    path: list[str] = []
    above = parents.get(concept_id)
    while above is not None and above not in path:
        path.append(above)
        above = parents.get(above)
    return path


def _upwards(concept_id: str, known: Mapping[str, Concept]) -> Iterator[str]:
    above = known[concept_id].broader
    while above is not None:
        yield above
        above = known[above].broader


def _theme(path: Sequence[str]) -> str:
    """The theme of a path from a concept up to its top concept."""
    return path[-1] if path[-1] in THEMES else ""


@cache
def load_vocabulary() -> Vocabulary:
    """Read our own vocabulary; each concept has labels in all of `LANGUAGES`.

    Raises:
        VocabularyInvalid: A file of the package is not as it must be.
    """
    folder = resources.files("hanze.collaboration.vocabulary") / "concepts"
    concepts: list[Concept] = []
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            concepts += read_concepts(file.read_text("utf-8"), source=file.name)
    faults = check_concepts(concepts, languages=LANGUAGES)
    if faults:
        raise VocabularyInvalid("The vocabulary", faults)
    return Vocabulary(concepts)


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `[[concept]]` of a file, with a list of labels for each language."""

    id: str
    broader: str | None = None
    nl: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    ko: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    sdg: tuple[str, ...] = ()
    status: Status = "draft"


def read_concepts(text: str, *, source: str) -> tuple[Concept, ...]:
    """Read a TOML file of concepts; whether they fit together is not looked at here.

    Args:
        text: `[[concept]]` tables with `id`, `broader`, `nl`, `en`, `ko`, `related`, `sdg`, `status`.
        source: What an error calls the file.

    Raises:
        VocabularyInvalid: The text is no TOML, or a table is not as it must be.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise VocabularyInvalid(source, [Fault("the file", f"is no TOML: {error}")]) from error
    tables = document.pop("concept", [])
    faults = [Fault(name, "is unknown; concepts stand under [[concept]]") for name in document]
    concepts: list[Concept] = []
    if not isinstance(tables, list) or not tables:
        faults.append(Fault("the file", "has no [[concept]]"))
        tables = []
    lines = concept_lines(text)
    for number, table in enumerate(tables):
        try:
            concepts.append(_concept_of(msgspec.convert(table, _Entry)))
        except msgspec.ValidationError as error:
            name = table.get("id", "") if isinstance(table, dict) else ""
            line = lines[number] if number < len(lines) else 0
            faults.append(Fault(str(name), f"is not as it must be: {error}", line))
    if faults:
        raise VocabularyInvalid(source, faults)
    return tuple(concepts)


def concept_lines(text: str) -> tuple[int, ...]:
    """The line of each `[[concept]]` of a TOML file, from 1."""
    numbered = enumerate(text.splitlines(), start=1)
    return tuple(number for number, line in numbered if _HEADER.match(line))


def _concept_of(entry: _Entry) -> Concept:
    labels = {"nl": entry.nl, "en": entry.en, "ko": entry.ko}
    return Concept(
        id=entry.id,
        labels={language: names for language, names in labels.items() if names},
        broader=entry.broader,
        related=entry.related,
        sdg=entry.sdg,
        status=entry.status,
    )
