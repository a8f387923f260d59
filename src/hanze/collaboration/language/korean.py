"""Korean words: by kiwipiepy where it is installed, else by rules that take off particles.

Kiwi (extra `collective`, 300 MB of memory once in use) knows words and endings, cuts compounds and finds
the stems of verbs. The rules know the commonest particles (조사) and endings (어미) only: a compound stays
one word unless the vocabulary knows its parts, a verb is found only with 하다 and 되다, and an ending is
sometimes taken from a noun that has it by nature. They find the vocabulary's nouns as well as Kiwi does
(`bench/retrieval.py`); lemmas, by which two Korean texts are compared, are clearly worse.
"""

import importlib.util
import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Token

__all__ = ["KoreanReader", "korean_reader", "korean_words", "words_by_kiwi", "words_by_rules"]

#: From a text to its content words, lower case, in order; "" where a sentence or clause ends.
KoreanReader = Callable[[str], tuple[str, ...]]

_REMEMBERED: Final = 50_000

#: Tags of Kiwi (those of Sejong): nouns and roots; verbs and adjectives; what holds to a neighbour.
_NOUNS: Final = frozenset({"NNG", "NNP", "XR", "SL", "SN"})
_PREDICATES: Final = frozenset({"VV", "VA"})
_BREAKS: Final = frozenset({"SF", "SP", "SS", "SSO", "SSC", "SE", "SO", "SW", "SB"})

#: Nouns of the field in which Kiwi sees particles, endings or numbers ("제방" as 저의 방).
_OWN_NOUNS: Final = """
열섬 그늘막 사일로 나들이 제방 저류지 저류조 빗물받이 불투수면 하수관거 물고기길 댐 땅꺼짐 싱크홀 경사로 급경사지
층간소음 이륜차 주차면 대피로 예경보 다회용기 보안등 전세사기 행복도 십대 아이 늘봄학교 주야간보호
"""

#: Longest first: an ending is taken off once. Particles behind nouns, and what follows the nouns
#: of verbs (하다, 되다) and of what is (이다).
_ENDINGS_TEXT: Final = """
은 는 이 가 을 를 의 에 와 과 로 도 만 나 며 야 랑 에서 에게 에는 에도 으로 까지 부터 처럼 보다 마다 조차
이나 이며 이고 이라 하고 에서는 에서도 에게는 으로는 으로도 으로써 으로서 로써 로서 로는 로도 까지도 부터는
에게서 이라는 이라고 라는 라고 들은 들이 들을 들의 들에게 들도 들과 들 이란 란 인 이다 입니다 이에요 예요 인데
한 할 함 해 하여 해서 하는 하게 하기 하고 하며 하면 하지 하도록 하려고 하려면 하려는 하자 한다 합니다 해요
했다 했습니다 하였다 하기를 하기에 하기가 하기도 하는데 하다 하고자 하거나 한다면 해야 하면서 해도 하던
된 될 됨 돼 되어 되는 되고 되면 되며 되지 되게 되기 됩니다 돼요 되었다 되도록 되어야 된다 시키는 시켜
시킬 시키고 시킵니다 받는 받은 받을 당한 당하는 적인 적으로 적 스러운 스럽게 로운 롭게 있는 없는 없이 있게
할지 한지 하기는 했으면 했던 인지 이지만 지만 하지만 합니다만 됩니다만
"""
_ENDINGS: Final = tuple(sorted(_ENDINGS_TEXT.split(), key=len, reverse=True))
_WORD = re.compile(r"[가-힣]+|[a-z0-9\u00e0-\u00ff][a-z0-9\u00e0-\u00ff+]*|[.,;:!?()\n\u00b7]")
_SHORTEST_STEM: Final = 2


def korean_reader() -> Literal["kiwi", "rules"]:
    """Tell what reads Korean here: "kiwi" where kiwipiepy is installed, else "rules"."""
    return "kiwi" if importlib.util.find_spec("kiwipiepy") else "rules"


def korean_words(text: str) -> tuple[str, ...]:
    """Content words of a Korean text, by what `korean_reader` says."""
    return words_by_kiwi(text) if korean_reader() == "kiwi" else words_by_rules(text)


@cache
def _kiwi() -> "Kiwi":
    # 105 MB on disk, and a second to load: only those who read Korean pay for it.
    from kiwipiepy import Kiwi  # noqa: PLC0415

    # Without its dictionary of proper names of several words: 200 MB less, and one second.
    kiwi = Kiwi(num_workers=1, load_typo_dict=False, load_multi_dict=False)
    for noun in _OWN_NOUNS.split():
        kiwi.add_user_word(noun, "NNG")
    return kiwi


def words_by_kiwi(text: str) -> tuple[str, ...]:
    """Words by Kiwi: nouns, roots, numbers, stems of verbs and adjectives with 다.

    A suffix or prefix stays with its noun: 고령화, 비대면.
    """
    found: list[str] = []
    joined = prefixed = False
    for token in _kiwi().tokenize(text):
        tag = token.tag.partition("-")[0]
        if tag in _NOUNS:
            word = token.form.lower()
            if prefixed and found:
                found[-1] += word
            else:
                found.append(word)
            joined = True
        elif tag == "XSN" and joined:
            found[-1] += token.form
        elif tag == "XPN":
            found.append(token.form)
        else:
            found += _other(token, tag)
            joined = False
        prefixed = tag == "XPN"
    return tuple(found)


def _other(token: "Token", tag: str) -> Sequence[str]:
    if tag in _PREDICATES:
        return (token.form + "다",)
    return ("",) if tag in _BREAKS else ()


def words_by_rules(text: str) -> tuple[str, ...]:
    """Content words by rules: what is between blanks, without particles and endings."""
    found = (_without_ending(word) for word in _WORD.findall(text.lower()))
    return tuple(
        word if word[:1].isalnum() else ""
        for word in found
        # What stands alone behind Latin letters is a particle: "CCTV로".
        if not (len(word) == 1 and word in _ENDINGS)
    )


@lru_cache(maxsize=_REMEMBERED)
def _without_ending(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word
