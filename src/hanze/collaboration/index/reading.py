"""What a record says, as terms to find it by."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from hanze.collaboration.language.annotate import Annotation, Annotator
from hanze.collaboration.language.detect import Language, detect
from hanze.collaboration.records.fields import Shape, fields_of
from hanze.collaboration.records.record import Record, Structure
from hanze.collaboration.vocabulary.concept import Vocabulary

__all__ = ["ABOUT", "Terms", "codes_of", "concepts_about", "references_of", "terms_of", "texts_of"]

#: What is in a title counts as if it stood so many times in the text.
_TITLE: Final = 3.0
_CONCEPT_IN_TITLE: Final = 1.5
#: A person attached it.
_ATTACHED: Final = 2.0
#: A concept counts as what a text is about from here: a label that it has, whole or in a compound.
#: Below are what is related to a label, and labels of which it has some words.
ABOUT: Final = 0.65
#: What the annotator lets come with a concept of each one above it.
_GIVEN: Final = 0.5
#: What is above a concept in the vocabulary, one step and each further one.
_ABOVE: Final = 0.6

#: Texts that say where a record comes from or prove something, and not what it is about.
_NOT_SEARCHED: Final = frozenset(
    {
        "away",
        "cbs_code",
        "concluded",
        "currency",
        "data_provider",
        "digest",
        "email",
        "entered_by",
        "home_timezone",
        "languages",
        "license",
        "planned_at",
        "refuses",
        "sensor",
        "signature",
        "signed_by",
        "source",
        "telephone",
        "timezone",
    }
)
#: Languages in which the beginning of a word is not that of its lemma.
_WRITTEN_OTHERWISE: Final[tuple[Language, ...]] = ("nl", "en")
#: What people write down to name exactly this record.
_CODES: Final = (
    "cbs_code",
    "kostat_code",
    "nuts_code",
    "iso_code",
    "identifier",
    "notation",
    "number",
    "registration",
)


class Terms(NamedTuple):
    """By what a record is found.

    Attributes:
        lemmas: Content lemma → how often, weighted by where.
        concepts: Concept of the vocabulary → weight.
        references: Ids of records that it names.
        forms: Word as it is written → its lemma, for words of Dutch and English: "forenzen" begins
            otherwise than its lemma does.
    """

    lemmas: Mapping[str, float]
    concepts: Mapping[str, float]
    references: Mapping[str, float]
    forms: Mapping[str, str]


def terms_of(record: Record, annotator: Annotator, about: tuple[str, ...] = ()) -> Terms:
    """Read a record.

    Args:
        record: Any.
        annotator: Finds lemmas and concepts.
        about: Concepts of its themes.
    """
    title = annotator.annotate(record.title)
    texts = list(_by_language(record))
    body = [annotator.annotate(text) for text in texts]
    lemmas: defaultdict[str, float] = defaultdict(float)
    for lemma, weight in title.lemmas.items():
        lemmas[lemma] += _TITLE * weight
    for annotation in body:
        for lemma, weight in annotation.lemmas.items():
            lemmas[lemma] += weight
    vocabulary = annotator.vocabulary
    concepts: dict[str, float] = {}
    for id_ in (*about, *record.concepts):
        if id_ in vocabulary:
            concepts[id_] = _ATTACHED
    for annotation, share in ((title, _CONCEPT_IN_TITLE), *((one, 1.0) for one in body)):
        for id_, weight in concepts_about(annotation, vocabulary).items():
            concepts[id_] = max(concepts.get(id_, 0.0), share * weight)
    return Terms(
        lemmas=lemmas,
        concepts=_with_those_above(concepts, vocabulary),
        references=dict.fromkeys(references_of(record), 1.0),
        forms=_forms([record.title, *texts], annotator),
    )


def concepts_about(annotation: Annotation, vocabulary: Vocabulary) -> dict[str, float]:
    """The vocabulary's concepts that a text is about, not those that only come with them.

    What each concept gave to those above it is taken off again, the lowest concepts first.
    """
    own = {id_: weight for id_, weight in annotation.concepts.items() if id_ in vocabulary}
    given: defaultdict[str, float] = defaultdict(float)
    found: dict[str, float] = {}
    for id_ in sorted(own, key=lambda one: -len(vocabulary.ancestors(one))):
        weight = own[id_] - min(given[id_], 1.0)
        if weight > 0:
            for steps, above in enumerate(vocabulary.ancestors(id_), start=1):
                given[above] += weight * _GIVEN**steps
        if weight >= ABOUT:
            found[id_] = weight
    return found


def texts_of(record: Record) -> Iterator[Mapping[str, str] | str]:
    """Go through a record's texts behind its title; what is only text may be in any language."""
    for field in fields_of(type(record)):
        if field.name in _NOT_SEARCHED or field.name == "title":
            continue
        value = getattr(record, field.name)
        if not value:
            continue
        if field.shape is Shape.LABEL:
            yield value
        elif field.shape is Shape.TEXT and field.name != "concepts":
            yield ". ".join(value) if isinstance(value, tuple) else value
        elif field.shape is Shape.STRUCTURE:
            yield from _labels_in(value)


def references_of(record: Record) -> Iterator[str]:
    """Go through the ids of the records that a record names."""
    for field in fields_of(type(record)):
        if field.shape is Shape.REFERENCE:
            value = getattr(record, field.name)
            yield from value if isinstance(value, tuple) else (value,) if value else ()


def codes_of(record: Record) -> Iterator[str]:
    """Go through what names exactly this record: its id, the end of its id, and its codes."""
    yield record.id.casefold()
    yield record.id.rpartition(":")[2].casefold()
    for name in _CODES:
        value = getattr(record, name, None)
        if isinstance(value, str) and value:
            yield value.casefold()
    tender = getattr(record, "tender", None)
    if tender is not None and tender.ocid:
        yield tender.ocid.casefold()


def _forms(texts: Sequence[Mapping[str, str] | str], annotator: Annotator) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        by_language = {detect(text): text} if isinstance(text, str) else text
        for tag, one in by_language.items():
            # The annotator reads other languages as the one that they resemble; those are few.
            language = next((known for known in _WRITTEN_OTHERWISE if known == tag), None)
            if language is not None:
                found.update({w.surface: w.lemma for w in annotator.words(one, language)})
    found.pop("", None)
    return found


def _by_language(record: Record) -> Iterator[Mapping[str, str] | str]:
    """The texts of each language as one, so that each language is read once."""
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for found in texts_of(record):
        if isinstance(found, str):
            texts[""].append(found)
        else:
            for language, text in found.items():
                texts[language].append(text)
    plain = texts.pop("", None)
    if plain:
        yield "\n".join(plain)
    if texts:
        yield {language: "\n".join(parts) for language, parts in texts.items()}


def _labels_in(value: object) -> Iterator[Mapping[str, str] | str]:
    """Texts by language inside structures, and the names of parts."""
    if isinstance(value, Mapping):
        several = {key: (text,) if isinstance(text, str) else text for key, text in value.items()}
        if several and all(isinstance(texts, tuple) for texts in several.values()):
            yield {key: ". ".join(texts) for key, texts in several.items()}
    elif isinstance(value, tuple):
        for one in value:
            yield from _labels_in(one)
    elif isinstance(value, Structure):
        for field in msgspec.structs.fields(value):
            member = getattr(value, field.name)
            if isinstance(member, tuple | Structure | Mapping):
                yield from _labels_in(member)
            elif field.name == "name" and member:
                yield member


def _with_those_above(concepts: Mapping[str, float], vocabulary: Vocabulary) -> dict[str, float]:
    found = dict(concepts)
    for id_, weight in concepts.items():
        for steps, above in enumerate(vocabulary.ancestors(id_), start=1):
            found[above] = max(found.get(above, 0.0), weight * _ABOVE**steps)
    return found
