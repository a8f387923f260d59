"""What someone asks, read: its words, and by what each of them may be found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hanze.collaboration.index.reading import concepts_about
from hanze.collaboration.language.annotate import Annotator
from hanze.collaboration.language.detect import Language, detect
from hanze.collaboration.language.lemmas import lemmas
from hanze.collaboration.language.stop_words import STOP_WORDS

__all__ = ["Asked", "Way", "read_question"]

#: A longer question is a description: whatever it is about counts, and no word is a must.
_MOST_WORDS: Final = 8
#: Words that may be a label or a name together.
_LONGEST_LABEL: Final = 4
_LONGEST_QUESTION: Final = 5_000

_QUOTED = re.compile(r'["\u201c\u201d\u201e]([^"\u201c\u201d\u201e]+)["\u201c\u201d\u201e]')
_AROUND: Final = " \t\n.,;:!?()[]{}<>'\"\u2018\u2019\u201c\u201d\u201e"
#: Of a text that is in Dutch or in English, the other reading may be meant too.
_OTHER_READING: Final = 0.6
_FEW_WORDS: Final = 2


@dataclass(frozen=True, slots=True)
class Way:
    """One thing by which some words of a question are found.

    Attributes:
        kind: What `term` is.
        term: A lemma, a concept, what a word begins with, or the text of a code or name.
        words: Numbers of the words of the question.
        weight: Above 0.
    """

    kind: Literal["lemma", "concept", "prefix", "name"]
    term: str
    words: tuple[int, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, read.

    Attributes:
        text: As it was asked, without blanks around it.
        words: Its words, as they were written; empty where it is a description.
        ways: By which they may be found.
        phrases: That must be there literally, in lower case.
        phrase_lemmas: Of each word of each phrase, its lemmas.
    """

    text: str
    words: tuple[str, ...]
    ways: tuple[Way, ...]
    phrases: tuple[str, ...]
    phrase_lemmas: tuple[frozenset[str], ...]

    def written(self, way: Way) -> str:
        """The words of a way, as they were written."""
        return " ".join(self.words[number] for number in way.words)


def read_question(text: str, language: str, annotator: Annotator) -> Asked:
    """Read a question.

    Args:
        text: In any of the three languages; "in quotes" what must be there literally. A word that
            ends the text may be unfinished.
        language: Of the page; decides where a text may be in Dutch or in English.
        annotator: Finds lemmas and concepts.
    """
    text = text[:_LONGEST_QUESTION]
    phrases = tuple(" ".join(found.casefold().split()) for found in _QUOTED.findall(text))
    plain = text.replace('"', " ") if not phrases else _QUOTED.sub(r" \1 ", text)
    languages = _readings(plain, language)
    tokens = [token.strip(_AROUND) for token in plain.split()]
    words = tuple(token for token in tokens if token and not _is_stop(token, languages))
    if len(words) > _MOST_WORDS:
        words, ways = _description(plain, languages, annotator)
    else:
        unfinished = plain[-1:].isalnum() and bool(words) and not text.rstrip().endswith('"')
        ways = tuple(_ways(words, languages, annotator, unfinished=unfinished))
    return Asked(
        text=text.strip(),
        words=words,
        ways=ways,
        phrases=tuple(phrase for phrase in phrases if phrase),
        phrase_lemmas=tuple(_of_phrases(phrases, languages)),
    )


def _readings(text: str, language: str) -> Sequence[tuple[Language, float]]:
    found = detect(text)
    if found == "ko":
        return (("ko", 1.0),)
    other: Language = "en" if found == "nl" else "nl"
    # Of two words that may be in either, the page's language is the better guess.
    asked_in_other = language == other and len(text.split()) <= _FEW_WORDS
    return ((found, 1.0), (other, 1.0 if asked_in_other else _OTHER_READING))


def _is_stop(token: str, languages: Sequence[tuple[Language, float]]) -> bool:
    return token.casefold() in STOP_WORDS[languages[0][0]]


def _ways(
    words: Sequence[str],
    languages: Sequence[tuple[Language, float]],
    annotator: Annotator,
    *,
    unfinished: bool,
) -> Iterator[Way]:
    """By lemma and name of each word, and by the shortest runs of words that spell a concept."""
    known: dict[str, list[tuple[int, ...]]] = {}
    for length in range(1, min(_LONGEST_LABEL, len(words)) + 1):
        for start in range(len(words) - length + 1):
            run = tuple(range(start, start + length))
            written = " ".join(words[start : start + length])
            yield Way("name", written, run, 1.0)
            for language, share in languages:
                annotation = annotator.annotate({language: written})
                if length == 1:
                    for lemma, weight in annotation.lemmas.items():
                        yield Way("lemma", lemma, run, share * min(weight, 1.0))
                about = concepts_about(annotation, annotator.vocabulary)
                for concept, weight in about.items():
                    runs = known.setdefault(concept, [])
                    if not any(set(one) < set(run) for one in runs):
                        runs.append(run)
                        yield Way("concept", concept, run, share * min(weight, 1.0))
    if unfinished:
        yield Way("prefix", words[-1].casefold(), (len(words) - 1,), 0.8)


def _description(
    text: str, languages: Sequence[tuple[Language, float]], annotator: Annotator
) -> tuple[tuple[str, ...], tuple[Way, ...]]:
    annotation = annotator.annotate({languages[0][0]: text})
    about = concepts_about(annotation, annotator.vocabulary)
    ways = [Way("concept", concept, (), weight) for concept, weight in about.items()]
    ways += [Way("lemma", lemma, (), 0.3 * weight) for lemma, weight in annotation.lemmas.items()]
    return (), tuple(ways)


def _of_phrases(
    phrases: Sequence[str], languages: Sequence[tuple[Language, float]]
) -> Iterator[frozenset[str]]:
    for phrase in phrases:
        for token in phrase.split():
            found = {lemma for language, _ in languages for lemma in lemmas(token, language)}
            if found:
                yield frozenset(found)
