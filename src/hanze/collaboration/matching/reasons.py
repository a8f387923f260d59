"""Why two parties fit, and why not, in words that a civil servant can read and contest."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from hanze.collaboration.matching.rank import Part
from hanze.collaboration.records.record import LANGUAGES

__all__ = ["reasons"]

#: What "concept:<id>", "word:<lemma>" or the id of a record is called in a language.
NameOf = Callable[[str, str], str]

_GOOD: Final = 0.5

#: By criterion: what speaks for the pair, and what against it. `{what}` is the evidence by name,
#: `{percent}` the score.
_SENTENCES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "text": {
        "nl": ("Beide gaan over: {what}.", "De beschrijvingen lijken weinig op elkaar."),
        "en": ("Both are about: {what}.", "The descriptions have little in common."),
        "ko": ("공통된 내용: {what}.", "설명에 공통점이 적습니다."),
    },
    "themes": {
        "nl": ("Zelfde thema: {what}.", "Andere thema's dan gevraagd."),
        "en": ("Same theme: {what}.", "Other themes than asked for."),
        "ko": ("같은 주제: {what}.", "요청한 주제와 다릅니다."),
    },
    "standards": {
        "nl": ("Werkt met gevraagde standaarden: {what}.", "Mist gevraagde standaarden."),
        "en": ("Works with standards asked for: {what}.", "Lacks standards asked for."),
        "ko": ("요구한 표준을 지원합니다: {what}.", "요구한 표준을 지원하지 않습니다."),
    },
    "requirements": {
        "nl": ("Voldoet aan eisen: {what}.", "Zegt niet of het aan de eisen voldoet."),
        "en": ("Meets requirements: {what}.", "Does not say that it meets the requirements."),
        "ko": ("요건을 충족합니다: {what}.", "요건 충족 여부를 밝히지 않았습니다."),
    },
    "openness": {
        "nl": ("Zo open als gevraagd.", "Niet zo open als gevraagd, of het staat er niet bij."),
        "en": ("As open as asked for.", "Not as open as asked for, or it does not say."),
        "ko": ("요청한 만큼 개방되어 있습니다.", "요청한 만큼 개방적이지 않거나 알 수 없습니다."),
    },
    "trl": {
        "nl": (
            "Rijp genoeg (TRL; is en gevraagd: {what}).",
            "Minder rijp dan gevraagd, of niet vermeld (TRL {what}).",
        ),
        "en": (
            "Mature enough (TRL; is and asked: {what}).",
            "Less mature than asked for, or not stated (TRL {what}).",
        ),
        "ko": (
            "기술 성숙도가 충분합니다 (TRL, 현재와 요구 수준: {what}).",
            "기술 성숙도가 요구 수준보다 낮거나 알 수 없습니다 (TRL {what}).",
        ),
    },
    "evidence": {
        "nl": (
            "Het werkt, zo laat zien: {what}.",
            "Er is weinig dat laat zien dat het werkt: {what}.",
        ),
        "en": ("Shown to work by: {what}.", "Little shows that it works: {what}."),
        "ko": ("효과를 보여 준 사례: {what}.", "효과를 보여 주는 사례가 적습니다: {what}."),
    },
    "peers": {
        "nl": (
            "Bewezen in {what}, een stad die voor {percent} op uw stad lijkt.",
            "Bewezen in {what}, een heel andere stad (lijkt voor {percent}).",
        ),
        "en": (
            "Proven in {what}, a city that is {percent} like yours.",
            "Proven in {what}, quite another city ({percent} alike).",
        ),
        "ko": (
            "{what}에서 입증되었으며, 귀 도시와 {percent} 비슷한 도시입니다.",
            "{what}에서 입증되었지만 여건이 다른 도시입니다 (유사도 {percent}).",
        ),
    },
    "alike": {
        "nl": (
            "De steden lijken voor {percent} op elkaar.",
            "De steden verschillen veel ({percent} gelijk).",
        ),
        "en": ("The cities are {percent} alike.", "The cities differ much ({percent} alike)."),
        "ko": ("두 도시는 {percent} 비슷합니다.", "두 도시는 많이 다릅니다 (유사도 {percent})."),
    },
    "complement": {
        "nl": (
            "Wat de een bewezen heeft, zoekt de ander: {what}.",
            "Weinig van wat de een zoekt, heeft de ander bewezen: {what}.",
        ),
        "en": (
            "One has proven what the other looks for: {what}.",
            "Little of what one looks for was proven by the other: {what}.",
        ),
        "ko": (
            "한쪽이 찾는 것을 다른 쪽이 입증했습니다: {what}.",
            "한쪽이 찾는 것 중 다른 쪽이 입증한 것이 적습니다: {what}.",
        ),
    },
    "period": {
        "nl": (
            "Nodig in dezelfde periode ({percent}).",
            "Nodig in verschillende perioden ({percent}).",
        ),
        "en": (
            "Needed in the same period ({percent}).",
            "Needed in different periods ({percent}).",
        ),
        "ko": ("필요한 시기가 같습니다 ({percent}).", "필요한 시기가 다릅니다 ({percent})."),
    },
    "groups": {
        "nl": ("Voor dezelfde bewoners: {what}.", "Voor andere groepen bewoners."),
        "en": ("For the same residents: {what}.", "For other groups of residents."),
        "ko": ("대상 주민이 같습니다: {what}.", "대상 주민이 다릅니다."),
    },
}
_NOTHING: Final = {"nl": "niets bekend", "en": "nothing known", "ko": "알려진 것 없음"}


def reasons(parts: Sequence[Part], name_of: NameOf) -> dict[str, str]:
    """Write the reasons of a match, a line each: first what speaks for it, the weightiest first.

    Args:
        parts: Of the score.
        name_of: Says what a piece of evidence is called in a language.

    Returns:
        The lines by language, in each of `LANGUAGES`.
    """
    return {language: "\n".join(_lines(parts, name_of, language)) for language in LANGUAGES}


def _lines(parts: Sequence[Part], name_of: NameOf, language: str) -> Iterator[str]:
    counting = [(part, part.score) for part in parts if part.score is not None and part.weight]
    # A description that shares a fifth of what it says shares what it is about.
    for_ = [(part, score) for part, score in counting if score >= _threshold(part)]
    against = [(part, score) for part, score in counting if score < _threshold(part)]
    for part, score in sorted(for_, key=lambda one: -one[0].weight * one[1]):
        yield _sentence(part, score, 0, name_of, language)
    for part, score in sorted(against, key=lambda one: -one[0].weight * (1 - one[1])):
        yield _sentence(part, score, 1, name_of, language)


def _threshold(part: Part) -> float:
    return 0.15 if part.criterion == "text" else _GOOD


def _sentence(part: Part, score: float, side: int, name_of: NameOf, language: str) -> str:
    names = dict.fromkeys(name_of(piece, language) for piece in part.evidence)
    what = ", ".join(name for name in names if name) or _NOTHING[language]
    sentence = _SENTENCES[part.criterion][language][side]
    return sentence.format(what=what, percent=f"{round(score * 100)} %")
