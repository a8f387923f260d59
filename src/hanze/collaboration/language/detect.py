"""In which of the three languages a text is: by its script, its small words and its spelling.

Offline and for short texts, where detectors that were trained on pages guess: a title of two words is
enough ("fietsen stallen", "bike parking", "자전거 주차").
"""

import re
from collections.abc import Mapping
from typing import Final, Literal, get_args

from hanze.collaboration.language.compounds import DICTIONARY
from hanze.collaboration.language.dictionary import is_known
from hanze.collaboration.language.stop_words import FUNCTION_WORDS

__all__ = ["ANALYSED_CHARACTERS", "LANGUAGES", "Language", "detect"]

Language = Literal["nl", "en", "ko"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

#: What is behind this many characters of a text is not looked at.
ANALYSED_CHARACTERS: Final = 20_000

_SAMPLE: Final = 2_000
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_LATIN = re.compile(r"[a-z\u00e0-\u00ff]+")

#: A syllable of Hangul says as much as some three Latin letters: a Korean text full of English
#: names stays Korean, a Dutch text that names 부산 stays Dutch.
_HANGUL_SHARE: Final = 0.25
_HANGUL_LETTERS: Final = 2.5

_FUNCTION_WORD: Final = 3.0
_KNOWN_WORD: Final = 1.0
#: Below this many known words, what dictionaries know is asked too.
_FEW_WORDS: Final = 8

#: Spellings (^ and $: a word's ends) that the one language has and the other hardly; the positive
#: ones are Dutch. From how the languages are spelled; not trained on a corpus.
_SPELLING: Final[Mapping[str, float]] = {
    **dict.fromkeys(("aa", "uu", "ij", "sch", "lijk", "heid$", "oei", "eeu", "ieu"), 1.2),
    **dict.fromkeys(("oe", "ui", "eu", "cht", "en$", "je$", "tje", "^ge", "^ver", "^zo"), 0.5),
    **dict.fromkeys(("z", "k$", "kk", "j", "v", "oo", "ee", "iek$", "atie$", "eit"), 0.25),
    **dict.fromkeys(("th", "wh", "^sh", "sh$", "ght", "tion", "ck", "ough", "y$", "ly$"), -1.2),
    **dict.fromkeys(("ea", "ou", "ai", "ity$", "ment$", "ness$", "^un", "ble$", "ay", "ey"), -0.6),
    **dict.fromkeys(("c", "y", "ed$", "qu", "x", "q", "ow", "us$", "tch", "ful"), -0.4),
}


def detect(text: str) -> Language:
    """Tell in which language a text is; at most its first 2,000 characters are looked at.

    A text without letters, or in another language, gets the one that it resembles most, English
    where nothing speaks for another.
    """
    sample = text[:_SAMPLE].lower()
    hangul = len(_HANGUL.findall(sample)) * _HANGUL_LETTERS
    words = _LATIN.findall(sample)
    latin = sum(map(len, words))
    if hangul and hangul >= _HANGUL_SHARE * (hangul + latin):
        return "ko"
    return "nl" if _dutch_rather_than_english(words) > 0 else "en"


def _dutch_rather_than_english(words: list[str]) -> float:
    """Above zero: Dutch; below: English."""
    score = 0.0
    for word in words:
        score += _FUNCTION_WORD * ((word in FUNCTION_WORDS["nl"]) - (word in FUNCTION_WORDS["en"]))
        ends = f"^{word}$"
        score += sum(weight for letters, weight in _SPELLING.items() if letters in ends)
    if len(words) <= _FEW_WORDS:
        score += _KNOWN_WORD * sum(_known_in_dutch_rather(word) for word in words)
    return score


def _known_in_dutch_rather(word: str) -> int:
    dutch, english = is_known(word, "nl"), is_known(word, "en")
    if not dutch and not english:
        # English writes such words apart.
        return 1 if DICTIONARY.parts(word) else 0
    return dutch - english
