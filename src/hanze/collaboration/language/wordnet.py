"""Open multilingual wordnets: which words of three languages share a meaning (synset).

Reads the tab-separated files of the Open Multilingual Wordnet (`synset<TAB>lang:lemma<TAB>word`;
Bond and Foster, 2013), all on the synsets of Princeton WordNet 3.0. An operator loads them; they are
share-alike and not part of Hanze. Words are kept as 64-bit digests in sorted arrays: some 3 MB for the
140,000 lines of Dutch, English and Korean, where dictionaries of strings take 40.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from hanze.collaboration.language.detect import Language

__all__ = ["Wordnets", "entry_of"]

_LANGUAGES: Final[Mapping[str, Language]] = {"nld": "nl", "eng": "en", "kor": "ko"}
_PARTS_OF_SPEECH: Final = "nvars"
_DIGITS: Final = 8
_COLUMNS: Final = 3
_DIGEST: Final = 8
#: A word with more meanings than this says too little by each.
_MOST_SENSES: Final = 6
_REMEMBERED: Final = 100_000


class Wordnets:
    """Synsets of words.

    Args:
        entries: Language, word, synset ("02827950-a"); the same one may come several times.
    """

    def __init__(self, entries: Iterable[tuple[Language, str, str]]) -> None:
        pairs: dict[Language, set[tuple[int, int]]] = {}
        for language, word, synset in entries:
            pairs.setdefault(language, set()).add((_digest(_key(word)), _number(synset)))
        self._digests: dict[Language, array[int]] = {}
        self._synsets: dict[Language, array[int]] = {}
        for language, found in pairs.items():
            ordered = sorted(found)
            self._digests[language] = array("Q", (digest for digest, _ in ordered))
            self._synsets[language] = array("Q", (synset for _, synset in ordered))
        self._cached = lru_cache(maxsize=_REMEMBERED)(self._find)

    def __len__(self) -> int:
        """How many pairs of a word and a synset there are."""
        return sum(map(len, self._synsets.values()))

    @property
    def languages(self) -> tuple[Language, ...]:
        return tuple(sorted(self._synsets))

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays take."""
        columns = [*self._digests.values(), *self._synsets.values()]
        return sum(len(column) * column.itemsize for column in columns)

    def synsets(self, language: Language, word: str) -> tuple[str, ...]:
        """Pseudo-concepts ("wn:02827950-a") of a word; none of one with very many meanings.

        Args:
            language: Of the word.
            word: A lemma, or several written together; case, blanks and hyphens do not matter.
        """
        return self._cached(language, word)

    def _find(self, language: Language, word: str) -> tuple[str, ...]:
        digests = self._digests.get(language)
        if digests is None:
            return ()
        wanted = _digest(_key(word))
        place = bisect_left(digests, wanted)
        found: list[str] = []
        while place < len(digests) and digests[place] == wanted:
            found.append(_name(self._synsets[language][place]))
            place += 1
        return tuple(found) if len(found) <= _MOST_SENSES else ()


def entry_of(line: str) -> tuple[Language, str, str] | None:
    """Read a line of a `.tab` file: language, word and synset; `None` where it holds no word of ours."""
    columns = line.rstrip("\n").split("\t")
    if line.startswith("#") or len(columns) != _COLUMNS:
        return None
    synset, relation, word = columns
    language, _, kind = relation.partition(":")
    if kind == "lemma" and language in _LANGUAGES and _is_synset(synset) and word:
        return _LANGUAGES[language], word, synset
    return None


def _is_synset(text: str) -> bool:
    digits, hyphen, kind = text[:_DIGITS], text[_DIGITS : _DIGITS + 1], text[_DIGITS + 1 :]
    ascii_digits = digits.isascii() and digits.isdigit() and len(digits) == _DIGITS
    return ascii_digits and hyphen == "-" and len(kind) == 1 and kind in _PARTS_OF_SPEECH


def _number(synset: str) -> int:
    return int(synset[:_DIGITS]) * len(_PARTS_OF_SPEECH) + _PARTS_OF_SPEECH.index(synset[-1])


def _name(number: int) -> str:
    offset, kind = divmod(number, len(_PARTS_OF_SPEECH))
    return f"wn:{offset:0{_DIGITS}}-{_PARTS_OF_SPEECH[kind]}"


def _key(word: str) -> str:
    return "".join(word.lower().split()).replace("-", "").replace("_", "")


def _digest(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=_DIGEST).digest(), "big")
