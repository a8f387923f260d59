"""What the grounds of a worksheet say, by language; `{...}` are figures and codes of the ground."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.records.record import Label

__all__ = ["GROUND_TEXTS"]

GROUND_TEXTS: Final[Mapping[str, Label]] = {
    "trl": {
        "en": "Its technology readiness level is {value} of 9.",
        "nl": "De technische rijpheid (TRL) is {value} van 9.",
        "ko": "기술 성숙도(TRL)는 9단계 중 {value}단계입니다.",
    },
    "stage-proven": {
        "en": "Where it comes from, it went beyond its pilot.",
        "nl": "Waar het vandaan komt, is het verder dan de proef.",
        "ko": "처음 시작한 도시에서 실증 단계를 넘어섰습니다.",
    },
    "stage-pilot": {
        "en": "Where it comes from, it is being tried in a pilot.",
        "nl": "Waar het vandaan komt, wordt het in een proef uitgeprobeerd.",
        "ko": "처음 시작한 도시에서 실증하고 있습니다.",
    },
    "stage-early": {
        "en": "Where it comes from, it has not been tried yet.",
        "nl": "Waar het vandaan komt, is het nog niet geprobeerd.",
        "ko": "처음 시작한 도시에서도 아직 시험하지 않았습니다.",
    },
    "stage-stopped": {
        "en": "Where it comes from, it was stopped; what failed there may fit here.",
        "nl": "Waar het vandaan komt, is het gestopt; wat daar niet lukte, kan hier passen.",
        "ko": "처음 시작한 도시에서는 중단되었습니다. 그곳에서 맞지 않았어도 여기에는 맞을 수 있습니다.",
    },
    "pilots-worked": {
        "en": "{count} records of pilots say that it worked.",
        "nl": "Volgens {count} proefverslagen werkte het.",
        "ko": "실증 기록 {count}건에서 효과가 있었습니다.",
    },
    "pilots-partly": {
        "en": "{count} records of pilots say that it worked in part.",
        "nl": "Volgens {count} proefverslagen werkte het voor een deel.",
        "ko": "실증 기록 {count}건에서 일부만 효과가 있었습니다.",
    },
    "pilots-failed": {
        "en": "{count} records of pilots say that it failed.",
        "nl": "Volgens {count} proefverslagen werkte het niet.",
        "ko": "실증 기록 {count}건에서 실패했습니다.",
    },
    "technical-good": {
        "en": "Its technical evaluation was good.",
        "nl": "De technische evaluatie was goed.",
        "ko": "기술 평가 결과가 좋았습니다.",
    },
    "technical-mixed": {
        "en": "Its technical evaluation was mixed.",
        "nl": "De technische evaluatie was wisselend.",
        "ko": "기술 평가 결과가 엇갈렸습니다.",
    },
    "technical-poor": {
        "en": "Its technical evaluation was poor.",
        "nl": "De technische evaluatie was slecht.",
        "ko": "기술 평가 결과가 좋지 않았습니다.",
    },
    "proven-in": {
        "en": "{count} other projects use it beyond a pilot.",
        "nl": "{count} andere projecten gebruiken het, verder dan een proef.",
        "ko": "다른 프로젝트 {count}건이 실증 단계를 넘어 사용하고 있습니다.",
    },
    "is-open": {"en": "It is open.", "nl": "Het is open.", "ko": "개방형입니다."},
    "is-closed": {
        "en": "It is closed: a sign of lock-in.",
        "nl": "Het is gesloten: dat kan afhankelijk maken.",
        "ko": "폐쇄형이어서 특정 업체에 종속될 수 있습니다.",
    },
    "open-source": {
        "en": "Its source is open.",
        "nl": "De broncode is open.",
        "ko": "소스가 공개되어 있습니다.",
    },
    "open-standards": {
        "en": "It keeps to {count} open standards.",
        "nl": "Het volgt {count} open standaarden.",
        "ko": "개방형 표준 {count}개를 따릅니다.",
    },
    "standards": {
        "en": "It keeps to {count} standards; whether they are open is not known.",
        "nl": "Het volgt {count} standaarden; of die open zijn, is niet bekend.",
        "ko": "표준 {count}개를 따르지만, 개방형인지는 알 수 없습니다.",
    },
    "no-standards": {
        "en": "No standards are named.",
        "nl": "Er zijn geen standaarden genoemd.",
        "ko": "표준이 적혀 있지 않습니다.",
    },
    "building-blocks": {
        "en": "It is made of {count} parts that can be exchanged one by one.",
        "nl": "Het bestaat uit {count} onderdelen die los te vervangen zijn.",
        "ko": "하나씩 교체할 수 있는 구성 요소 {count}개로 이루어져 있습니다.",
    },
    "one-supplier": {
        "en": "One supplier delivers all of it: a sign of lock-in.",
        "nl": "Eén leverancier levert alles: dat kan afhankelijk maken.",
        "ko": "한 업체가 모두 공급하므로 종속될 수 있습니다.",
    },
    "same-demand": {
        "en": "{count} challenges of other cities are about the same.",
        "nl": "{count} opgaven van andere steden gaan over hetzelfde.",
        "ko": "다른 도시의 과제 {count}건이 같은 주제를 다룹니다.",
    },
    "own-demand": {
        "en": "The city itself has {count} challenges about the same.",
        "nl": "De stad zelf heeft {count} opgaven over hetzelfde.",
        "ko": "이 도시에도 같은 주제의 과제 {count}건이 있습니다.",
    },
    "followers": {
        "en": "{count} other places go along or want to know more.",
        "nl": "{count} andere plaatsen doen mee of willen er meer van weten.",
        "ko": "다른 지역 {count}곳이 함께하거나 관심을 보입니다.",
    },
    "co-investors": {
        "en": "{count} others pay for it too.",
        "nl": "{count} anderen betalen mee.",
        "ko": "{count}곳이 함께 투자합니다.",
    },
    "contributions": {
        "en": "{count} contributions of residents here are about the same.",
        "nl": "{count} bijdragen van bewoners hier gaan over hetzelfde.",
        "ko": "이곳 주민 제안 {count}건이 같은 주제를 다룹니다.",
    },
    "contributions-elsewhere": {
        "en": "{count} contributions from elsewhere in the city are about the same.",
        "nl": "{count} bijdragen van elders in de stad gaan over hetzelfde.",
        "ko": "이 도시의 다른 지역 주민 제안 {count}건이 같은 주제를 다룹니다.",
    },
    "behavioural-good": {
        "en": "Where it comes from, people use it; whether they do here is not known.",
        "nl": "Waar het vandaan komt, gebruiken mensen het; of dat hier zo is, is niet bekend.",
        "ko": "처음 시작한 도시에서는 사람들이 사용합니다. 이곳에서도 그럴지는 알 수 없습니다.",
    },
    "behavioural-mixed": {
        "en": "Where it comes from, some people use it and others do not.",
        "nl": "Waar het vandaan komt, gebruikt een deel van de mensen het.",
        "ko": "처음 시작한 도시에서는 일부 사람만 사용합니다.",
    },
    "behavioural-poor": {
        "en": "Where it comes from, people hardly use it.",
        "nl": "Waar het vandaan komt, gebruiken mensen het nauwelijks.",
        "ko": "처음 시작한 도시에서는 거의 사용하지 않습니다.",
    },
    "questions-answered": {
        "en": "Research has answered {count} questions about it.",
        "nl": "Onderzoek heeft {count} vragen hierover beantwoord.",
        "ko": "연구로 답을 얻은 질문이 {count}건 있습니다.",
    },
    "questions-open": {
        "en": "{count} research questions about it are still open.",
        "nl": "{count} onderzoeksvragen hierover staan nog open.",
        "ko": "아직 답을 찾지 못한 연구 질문이 {count}건 있습니다.",
    },
    "knowledge-partners": {
        "en": "{count} knowledge partners work on it.",
        "nl": "{count} kennispartners werken eraan.",
        "ko": "연구 협력 기관 {count}곳이 참여하고 있습니다.",
    },
}
