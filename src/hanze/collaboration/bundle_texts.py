"""What the reasons for a bundle say, by language; `{...}` are figures of the reason."""

from collections.abc import Mapping
from typing import Final

from hanze.collaboration.records.record import Label

__all__ = ["LEAD_TEXTS", "REASON_TEXTS"]

REASON_TEXTS: Final[Mapping[str, Label]] = {
    "same-need": {
        "en": "They are about the same need: {what}.",
        "nl": "Ze gaan over dezelfde behoefte: {what}.",
        "ko": "같은 필요를 다룹니다: {what}.",
    },
    "alike": {
        "en": "Their descriptions are alike.",
        "nl": "Hun beschrijvingen lijken op elkaar.",
        "ko": "설명이 서로 비슷합니다.",
    },
    "period": {
        "en": "All need it between {starts} and {ends}.",
        "nl": "Allemaal hebben ze het nodig tussen {starts} en {ends}.",
        "ko": "모두 {starts}부터 {ends} 사이에 필요합니다.",
    },
    "period-unknown": {
        "en": "When {count} of them need it is not known.",
        "nl": "Van {count} is niet bekend wanneer het nodig is.",
        "ko": "{count}건은 필요한 시기가 알려지지 않았습니다.",
    },
    "standards": {
        "en": "Standards that all of them ask for: {count}.",
        "nl": "Standaarden die ze allemaal vragen: {count}.",
        "ko": "같은 표준 {count}개를 요구합니다.",
    },
    "volume": {
        "en": "Together they need {value} {unit}.",
        "nl": "Samen hebben ze {value} {unit} nodig.",
        "ko": "모두 합하면 {value} {unit}이(가) 필요합니다.",
    },
    "volumes-apart": {
        "en": "Their volumes have different units and are not added up.",
        "nl": "Hun aantallen hebben verschillende eenheden en zijn niet opgeteld.",
        "ko": "수량 단위가 서로 달라 합산하지 않았습니다.",
    },
    "budget": {
        "en": "Together they may spend {value} {unit}.",
        "nl": "Samen mogen ze {value} {unit} uitgeven.",
        "ko": "예산은 모두 {value} {unit}입니다.",
    },
    "abroad": {
        "en": "The cities are in {count} countries.",
        "nl": "De steden liggen in {count} landen.",
        "ko": "{count}개 나라의 도시가 함께합니다.",
    },
    "launching-customer": {
        "en": "Willing to be the first to buy: {count}.",
        "nl": "Wil de eerste koper zijn: {count}.",
        "ko": "{count}곳이 첫 구매자가 될 예정입니다.",
    },
}

#: Why a city could lead.
LEAD_TEXTS: Final[Mapping[str, Label]] = {
    "experience": {
        "en": "Projects about these themes",
        "nl": "Projecten over deze thema's",
        "ko": "이 주제의 프로젝트 경험",
    },
    "role": {
        "en": "Lead city of a theme",
        "nl": "Koploper in een thema",
        "ko": "주제 선도 도시",
    },
    "volume": {
        "en": "Share of the volume",
        "nl": "Deel van het aantal",
        "ko": "수량 비중",
    },
    "maturity": {
        "en": "How far it is with smart-city work",
        "nl": "Hoe ver de stad is als slimme stad",
        "ko": "스마트시티 추진 수준",
    },
}
