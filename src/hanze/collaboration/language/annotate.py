"""From a text to the concepts that it is about: what a text in one language shares with one in another.

A concept is found by (in this order, each word once): the longest label of the text's language that its
lemmas spell; the same by stems; labels within a compound; labels of another language that occur in the
text (English in Dutch and Korean). Labels whose words all stand apart ("stalling voor hun fiets") count
less, and those of which the text has only some words much less. What a found concept is a kind of, and
what it is related to, comes with it, damped: so "bicycle parking" and "mobility" meet.

Weights are between 0 and some 3: 1 is one full match; more matches add by their logarithm.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from hanze.collaboration.language.detect import ANALYSED_CHARACTERS, LANGUAGES, Language, detect
from hanze.collaboration.language.dictionary import dictionary_lemma, is_known
from hanze.collaboration.language.korean import KoreanReader, korean_words
from hanze.collaboration.language.lemmas import BREAK, Word, words
from hanze.collaboration.language.lexicon import MOST_WORDS, Lexicon
from hanze.collaboration.language.stems import stem
from hanze.collaboration.language.wordnet import Wordnets
from hanze.collaboration.vocabulary.concept import Vocabulary

__all__ = ["Annotation", "Annotator"]

_LABEL: Final = 1.0
_STEM: Final = 0.6
_COMPOUND: Final = 0.7
_FOREIGN: Final = 0.8
#: A label of which the text has the words, but not as a phrase: times the square of the part that
#: it has, where that is at least a third.
_WORDS: Final = 0.8
_LEAST_PART: Final = 0.3
_WHOLE: Final = 1 - 1e-6

_BROADER: Final = 0.5
_RELATED: Final = 0.2

_SYNSET: Final = 0.3
_PART_OF_LEMMA: Final = 0.5

_SHORTEST_FOREIGN: Final = 4
#: Shorter stems are of too many families: "park" of parking, "car" of care.
_SHORTEST_STEM: Final = 5
#: Lines whose words are kept: a record is read by its title, by its texts and as a whole, in a row.
_LINES: Final = 256


class Annotation(msgspec.Struct, frozen=True):
    """What a text is about.

    Attributes:
        concepts: Concept id, or synset ("wn:02827950-a"), to weight; above 0.
        lemmas: Content lemma to weight; above 0. Parts of a compound weigh half.
        languages: In which the text was, in the order of `LANGUAGES`.
    """

    concepts: Mapping[str, float] = {}
    lemmas: Mapping[str, float] = {}
    languages: tuple[Language, ...] = ()


class Annotator:
    """Finds a vocabulary's concepts in texts. Made once; may be used by several threads.

    The labels of a language are read when the first text needs them: a node without Korean texts
    never loads what reads Korean.

    Args:
        vocabulary: Whose labels are looked for.
        wordnets: Whose synsets count as further concepts, at lower weight.
        korean: What reads Korean texts and labels.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        wordnets: Wordnets | None = None,
        *,
        korean: KoreanReader = korean_words,
    ) -> None:
        self.vocabulary = vocabulary
        self._wordnets = wordnets
        self._korean = korean
        self._lexicons: dict[Language, Lexicon] = {}
        self._around = {id_: _around(vocabulary, id_) for id_ in vocabulary.concepts}
        self._line = lru_cache(maxsize=_LINES)(self._read_line)

    def annotate(self, text: Mapping[str, str] | str) -> Annotation:
        """Tell what a text is about.

        Args:
            text: Plain, or the texts of a LanguageMap; what is in a language other than ours, or in
                none that is known, is taken for the one that it resembles. Of each the first 20,000
                characters are looked at. Of several texts the highest weight counts, not the sum:
                a translation says nothing more.
        """
        texts = [text] if isinstance(text, str) else list(text.values())
        tags = [""] if isinstance(text, str) else [tag.partition("-")[0].lower() for tag in text]
        found: list[tuple[Language, Mapping[str, float], Mapping[str, float]]] = []
        for tag, each in zip(tags, texts, strict=True):
            language = next((known for known in LANGUAGES if known == tag), None) or detect(each)
            found.append((language, *self._annotated(each, language)))
        return Annotation(
            concepts=_highest([concepts for _, concepts, _ in found]),
            lemmas=_highest([lemmas for _, _, lemmas in found]),
            languages=tuple(
                language for language in LANGUAGES if any(language == one for one, _, _ in found)
            ),
        )

    def words(self, text: str, language: Language) -> Sequence[Word]:
        """Read the words of a text (`lemmas.words`), line by line: no sentence goes across."""
        first, *others = text[:ANALYSED_CHARACTERS].split("\n")
        found = [*self._line(first, language)]
        for line in others:
            found += (BREAK, *self._line(line, language))
        return found

    def _read_line(self, line: str, language: Language) -> tuple[Word, ...]:
        return words(line, language, korean=self._korean)

    def prepare(self, languages: Iterable[Language] = LANGUAGES) -> None:
        """Read the labels of languages now: some 3 s with Kiwi, so not on an event loop."""
        for language in languages:
            self._lexicon(language)

    def _annotated(
        self, text: str, language: Language
    ) -> tuple[Mapping[str, float], Mapping[str, float]]:
        content = self.words(text, language)
        abroad = self._lexicon("nl" if language == "en" else "en")
        reading = _Reading(self._lexicon(language), abroad)
        reading.read(content, _LABEL)
        direct = {id_: _damped(weight) for id_, weight in reading.hits.items()}
        reading.add_words_apart(direct)
        concepts = self._spread(direct)
        if self._wordnets is not None:
            _add_synsets(self._wordnets, content, language, concepts)
        return concepts, {lemma: _damped(weight) for lemma, weight in reading.lemmas.items()}

    def _lexicon(self, language: Language) -> Lexicon:
        lexicon = self._lexicons.get(language)
        if lexicon is None:
            # Two threads may both make it; either is as good.
            labels = (
                (concept.id, label)
                for concept in self.vocabulary.concepts.values()
                for label in concept.labels.get(language, ())
            )
            lexicon = self._lexicons[language] = Lexicon(language, labels, korean=self._korean)
        return lexicon

    def _spread(self, direct: Mapping[str, float]) -> dict[str, float]:
        """Add what is above and beside concepts; what comes so never exceeds a match of its own."""
        given: defaultdict[str, float] = defaultdict(float)
        for id_, weight in direct.items():
            for other, share in self._around[id_]:
                given[other] += share * weight
        found = dict(direct)
        for other, weight in given.items():
            found[other] = found.get(other, 0.0) + min(weight, _LABEL)
        return found


class _Reading:
    """What is found in one text so far.

    Args:
        own: Labels of the text's language.
        abroad: Of another, whose words may occur in it: English, and Dutch in an English text.
    """

    def __init__(self, own: Lexicon, abroad: Lexicon) -> None:
        self._own = own
        self._abroad = abroad
        self._language = own.language
        self.hits: defaultdict[str, float] = defaultdict(float)
        self.lemmas: defaultdict[str, float] = defaultdict(float)
        self._seen: dict[str, bool] = {}

    def read(self, content: Sequence[Word], weight: float) -> None:
        """Find labels in words; of overlapping ones the longest."""
        place = 0
        while place < len(content):
            if not content[place].lemma:
                place += 1
                continue
            length = self._longest(content, place, weight)
            for word in content[place : place + max(length, 1)]:
                self._note(word, weight, matched=length > 0)
            place += max(length, 1)

    def _longest(self, content: Sequence[Word], place: int, weight: float) -> int:
        """Count the longest label that begins here, and tell how many words it has."""
        own, language = self._own, self._language
        lemma = surface = stems = ""
        says = False
        best: tuple[int, tuple[str, ...], float] = (0, (), 0.0)
        for length, word in enumerate(content[place : place + MOST_WORDS], start=1):
            if not word.lemma:
                break
            lemma += word.lemma
            surface += word.surface
            stems += stem(word.lemma, language)
            if len(stems) > own.longest:
                break
            # Small words alone spell no label: "wat er" is no "water".
            says = says or not word.stop
            if not says:
                continue
            concepts = own.phrases.get(lemma) or own.phrases.get(surface)
            if concepts:
                best = (length, concepts, _LABEL)
            elif len(stems) >= _SHORTEST_STEM and (concepts := own.stems.get(stems)):
                best = (length, concepts, _STEM)
            elif length > 1 and (concepts := self._abroad.phrases.get(surface)):
                best = (length, concepts, _FOREIGN)
        length, concepts, share = best
        for concept in concepts:
            self.hits[concept] += share * weight / math.sqrt(len(concepts))
        return length

    def _note(self, word: Word, weight: float, *, matched: bool) -> None:
        """Keep a word for what is found by words; look into one that no label has."""
        if word.stop or not word.lemma:
            return
        self.lemmas[word.lemma] += weight
        key = stem(word.lemma, self._language)
        self._seen[key] = self._seen.get(key, False) or not matched
        parts = self._own.parts(word.lemma)
        if parts:
            inner = [each for part in parts for each in self._own.word_of(part)]
            if matched:
                for each in inner:
                    self._seen.setdefault(stem(each.lemma, self._language), False)
                    self.lemmas[each.lemma] += _PART_OF_LEMMA * weight
            elif weight > _COMPOUND * _PART_OF_LEMMA:
                self.read(inner, _COMPOUND * weight)
        elif not matched:
            self._look_abroad(word, weight)

    def _look_abroad(self, word: Word, weight: float) -> None:
        """Find a label of another language, where the word is none of the text's own."""
        if not word.surface.isascii():
            return
        short = len(word.surface) < _SHORTEST_FOREIGN
        if self._language != "ko" and (short or is_known(word.surface, self._language)):
            return
        phrases = self._abroad.phrases
        concepts = phrases.get(word.surface, ())
        if not concepts:
            lemma = dictionary_lemma(word.surface, self._abroad.language)
            concepts = phrases.get(lemma, ())
        for concept in concepts:
            self.hits[concept] += _FOREIGN * weight / math.sqrt(len(concepts))

    def add_words_apart(self, direct: dict[str, float]) -> None:
        """Add to concepts those by labels whose words stand apart, or stand there in part."""
        shares = self._own.shares
        seen = [(shares[key], unmatched) for key, unmatched in self._seen.items() if key in shares]
        if not seen:
            return
        labels = np.concatenate([share.labels for share, _ in seen])
        parts = np.concatenate([share.parts for share, _ in seen])
        unmatched = np.repeat([free for _, free in seen], [len(share.labels) for share, _ in seen])
        whole = np.bincount(labels, parts)
        # Words that a longer match took count only where they make a label whole.
        free = np.bincount(labels, parts * unmatched)
        counted = np.where(whole > _WHOLE, 1.0, free)
        best: dict[str, float] = {}
        for label in np.flatnonzero(counted >= _LEAST_PART).tolist():
            concept = self._own.concept_of[label]
            best[concept] = max(best.get(concept, 0.0), _WORDS * float(counted[label]) ** 2)
        for concept, weight in best.items():
            direct[concept] = max(direct.get(concept, 0.0), weight)


def _around(vocabulary: Vocabulary, concept_id: str) -> tuple[tuple[str, float], ...]:
    """What comes with a concept, and which share of its weight."""
    above = vocabulary.ancestors(concept_id)
    given = {id_: _BROADER**steps for steps, id_ in enumerate(above, start=1)}
    for id_ in vocabulary.concept(concept_id).related:
        given[id_] = max(given.get(id_, 0.0), _RELATED)
    return tuple(given.items())


def _add_synsets(
    wordnets: Wordnets, content: Sequence[Word], language: Language, concepts: dict[str, float]
) -> None:
    """Add the synsets of each word; a word of several meanings shares its weight among them."""
    counted: defaultdict[str, float] = defaultdict(float)
    for word in content:
        if word.lemma and not word.stop:
            found = wordnets.synsets(language, word.lemma)
            for synset in found:
                counted[synset] += _SYNSET / len(found)
    concepts.update(counted)


def _damped(weight: float) -> float:
    return weight if weight <= 1 else 1 + math.log(weight)


def _highest(found: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    if len(found) == 1:
        return found[0]
    highest: dict[str, float] = {}
    for weights in found:
        for key, weight in weights.items():
            highest[key] = max(highest.get(key, 0.0), weight)
    return highest
