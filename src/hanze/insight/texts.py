"""Reasons in plain words, in the three languages of the node; `{...}` are figures of the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_day_names
from babel.numbers import format_decimal

from hanze.insight.assessment import Assessment, Verdict
from hanze.insight.profile import Basis
from hanze.insight.scenarios import Scenario

__all__ = [
    "FEW_PEOPLE",
    "LANGUAGES",
    "Said",
    "alert_title",
    "reasons",
    "scenario_text",
    "told_together",
]

LANGUAGES: Final = ("nl", "en", "ko")

Label = Mapping[str, str]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: Fewer people than this are not told apart: a number is no reason to look at individuals.
FEW_PEOPLE: Final = 5

_TITLES: Final[Mapping[Verdict, Label]] = {
    Verdict.HIGHER: {
        "en": "Higher than usual: {what}",
        "nl": "Hoger dan gewoonlijk: {what}",
        "ko": "평소보다 높음: {what}",
    },
    Verdict.LOWER: {
        "en": "Lower than usual: {what}",
        "nl": "Lager dan gewoonlijk: {what}",
        "ko": "평소보다 낮음: {what}",
    },
}

_SENTENCES: Final[Mapping[str, Label]] = {
    "compared": {
        "en": "{what}: {value} was measured, where {low} to {high} is usual on a {day} around "
        "{time} ({samples} earlier weeks).",
        "nl": "{what}: er is {value} gemeten; gewoon is {low} tot {high} op {day} rond {time} "
        "({samples} eerdere weken).",
        "ko": "{what}: 측정값은 {value}입니다. {day} {time}경에는 보통 {low}~{high}입니다(이전 {samples}주 "
        "기준).",
    },
    "compared-days": {
        "en": "{what}: {value} was measured, where {low} to {high} is usual around {time} on such "
        "days ({samples} earlier days). Too few weeks are known to compare with the same day.",
        "nl": "{what}: er is {value} gemeten; gewoon is {low} tot {high} rond {time} op zulke dagen "
        "({samples} eerdere dagen). Er zijn te weinig weken bekend om met dezelfde dag te "
        "vergelijken.",
        "ko": "{what}: 측정값은 {value}입니다. 이런 날 {time}경에는 보통 {low}~{high}입니다(이전 {samples}일 "
        "기준). 같은 요일과 비교하기에는 알려진 주가 너무 적습니다.",
    },
    "unmeasured": {
        "en": "{what}: nothing was measured in the latest period.",
        "nl": "{what}: in de laatste periode is niets gemeten.",
        "ko": "{what}: 최근 기간에는 측정값이 없습니다.",
    },
    "unknown": {
        "en": "{what}: too little history to say what is usual; it takes three weeks.",
        "nl": "{what}: te weinig geschiedenis om te zeggen wat gewoon is; daar zijn drie weken "
        "voor nodig.",
        "ko": "{what}: 평소 수준을 말하기에는 이력이 부족합니다. 3주가 필요합니다.",
    },
    "since": {
        "en": "This has lasted since {when} ({zone}).",
        "nl": "Dit duurt al sinds {when} ({zone}).",
        "ko": "{when}({zone})부터 계속되고 있습니다.",
    },
    "limits": {
        "en": "The node compares numbers. It does not know why they differ, and it knows of no "
        "holidays or events.",
        "nl": "De node vergelijkt getallen. Ze weet niet waarom die afwijken, en kent geen feestdagen "
        "of evenementen.",
        "ko": "노드는 숫자만 비교합니다. 차이가 나는 이유는 알지 못하며 공휴일이나 행사도 알지 못합니다.",
    },
}

_SCENARIOS: Final[Mapping[Scenario, Label]] = {
    Scenario.CALM: {
        "en": "Calm light: it is louder than usual here. Warmer, softer light may bring rest.",
        "nl": "Rustig licht: het is hier luider dan gewoonlijk. Warmer, zachter licht kan rust geven.",
        "ko": "차분한 조명: 평소보다 시끄럽습니다. 따뜻하고 부드러운 빛이 도움이 될 수 있습니다.",
    },
    Scenario.BRIGHT: {
        "en": "Bright light: more people than usual are here. More light gives overview.",
        "nl": "Helder licht: er zijn hier meer mensen dan gewoonlijk. Meer licht geeft overzicht.",
        "ko": "밝은 조명: 평소보다 사람이 많습니다. 더 밝은 빛이 시야를 넓혀 줍니다.",
    },
    Scenario.DIM: {
        "en": "Dimmed light: it is quieter than usual here. Less light saves energy.",
        "nl": "Gedimd licht: het is hier stiller dan gewoonlijk. Minder licht bespaart energie.",
        "ko": "어두운 조명: 평소보다 한산합니다. 빛을 줄이면 에너지를 아낄 수 있습니다.",
    },
}

_FEW: Final[Label] = {"en": "fewer than 5", "nl": "minder dan 5", "ko": "5 미만"}

#: Units as people write them; a code that is not here is written as it is.
_UNITS: Final[Mapping[str, str]] = {
    "C62": "",
    "CEL": " °C",
    "P1": " %",
    "2N": " dB",
    "GQ": " µg/m³",
    "GP": " mg/m³",
    "KMH": " km/h",
    "MTR": " m",
    "MMT": " mm",
    "LUX": " lux",
    "KWT": " kW",
    "WTT": " W",
    "A97": " hPa",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one attribute.

    Attributes:
        what: Name of the attribute, for people.
        judged: Its latest period.
        unit: Its UN/CEFACT code, where it has one.
        people: Whether it counts people.
    """

    what: str
    judged: Assessment
    unit: str | None = None
    people: bool = False

    @property
    def few(self) -> bool:
        """Whether so few people were counted that no number may be told."""
        value = self.judged.value
        return self.people and value is not None and value < FEW_PEOPLE

    @property
    def told(self) -> Assessment:
        """What may be told: of few people neither their number nor what leads to it."""
        return replace(self.judged, value=None, score=None) if self.few else self.judged


def told_together(said: Sequence[Said], together: Assessment) -> Assessment:
    """Return what may be told of all: where a part is not told, neither is what holds it."""
    if len(said) == 1:
        return said[0].told
    return replace(together, score=None) if any(one.few for one in said) else together


def alert_title(verdict: Verdict, what: str) -> dict[str, str]:
    """Name an alert, by language."""
    return {language: text.format(what=what) for language, text in _TITLES[verdict].items()}


def scenario_text(scenario: Scenario) -> dict[str, str]:
    """Say what a scenario is for, by language."""
    return dict(_SCENARIOS[scenario])


def reasons(
    said: tuple[Said, ...], *, usual: float, zone: ZoneInfo, since_us: int | None = None
) -> dict[str, str]:
    """Say what is compared with what, since when, and what the node cannot know, by language.

    Args:
        usual: How many deviations the usual range has.
        zone: In which times are told; it is named.
        since_us: Since when it lasts, in microseconds since 1970.
    """
    texts: dict[str, str] = {}
    for language in LANGUAGES:
        sentences = [_compared(one, usual, zone, language) for one in said]
        if since_us is not None:
            when = format_datetime(_local(since_us, zone), "short", locale=language)
            sentences.append(_SENTENCES["since"][language].format(when=when, zone=zone.key))
        sentences.append(_SENTENCES["limits"][language])
        texts[language] = " ".join(sentences)
    return texts


def _compared(said: Said, usual: float, zone: ZoneInfo, language: str) -> str:
    value, expected = said.judged.value, said.judged.expected
    if expected is None or value is None:
        key = "unmeasured" if value is None else "unknown"
        return _SENTENCES[key][language].format(what=said.what)
    local = _local(said.judged.start_us, zone)
    key = "compared" if expected.basis is Basis.WEEK_TIME else "compared-days"
    low = expected.low(usual)
    return _SENTENCES[key][language].format(
        what=said.what,
        value=_number(value, said, language),
        low=_number(max(low, 0.0) if said.people else low, said, language),
        high=_number(expected.high(usual), said, language),
        day=get_day_names("wide", locale=language)[local.weekday()],
        time=format_datetime(local, "HH:mm", locale=language),
        samples=expected.samples,
    )


def _number(value: float, said: Said, language: str) -> str:
    if said.people and value < FEW_PEOPLE:
        return _FEW[language]
    pattern = "#,##0.#" if abs(value) < 1_000 else "#,##0"
    unit = _UNITS.get(said.unit, f" {said.unit}") if said.unit else ""
    return format_decimal(value, pattern, locale=language) + unit


def _local(moment_us: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=moment_us)).astimezone(zone)
