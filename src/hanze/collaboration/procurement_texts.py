"""The items of the procurement checklist, by language, each with where it comes from."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from hanze.collaboration.records.record import Label

__all__ = ["ITEMS", "ItemText"]


class ItemText(NamedTuple):
    """What an item asks.

    Attributes:
        title: As a statement that is met or not.
        todo: What to do where it is not.
        source: Where the item comes from.
        words: In a demand's requirements that show it is met, in lower case.
    """

    title: Label
    todo: Label
    source: str
    words: tuple[str, ...] = ()


_OWN: Final = "The collective's own practice"

ITEMS: Final[Mapping[str, ItemText]] = {
    "open-standards": ItemText(
        {
            "en": "Open standards are asked for",
            "nl": "Er wordt om open standaarden gevraagd",
            "ko": "개방형 표준을 요구합니다",
        },
        {
            "en": "Name the open standards that a solution must keep to.",
            "nl": "Noem de open standaarden waaraan een oplossing moet voldoen.",
            "ko": "해결책이 따라야 할 개방형 표준을 적어 주세요.",
        },
        "Minimal Interoperability Mechanisms (MIM) of Open & Agile Smart Cities",
    ),
    "data-ownership": ItemText(
        {
            "en": "The city decides about the data",
            "nl": "De stad beslist over de data",
            "ko": "데이터에 대한 권한이 도시에 있습니다",
        },
        {
            "en": "Ask in the requirements that data made in the city stay under its control.",
            "nl": "Eis dat data die in de stad ontstaan onder haar zeggenschap blijven.",
            "ko": "도시에서 만들어진 데이터를 도시가 관리한다는 요건을 넣어 주세요.",
        },
        "European Union, Data Act (Regulation 2023/2854)",
        (
            *("data-ownership", "data ownership", "owns the data", "eigenaar van de data"),
            *("data-eigendom", "zeggenschap over data", "데이터 소유", "데이터 주권"),
        ),
    ),
    "data-portability": ItemText(
        {
            "en": "Data can be taken along",
            "nl": "Data kunnen worden meegenomen",
            "ko": "데이터를 옮길 수 있습니다",
        },
        {
            "en": "Ask for all data in an open format, during the contract and at its end.",
            "nl": "Vraag alle data in een open formaat, tijdens het contract en aan het eind.",
            "ko": "계약 기간과 종료 시에 모든 데이터를 개방형 형식으로 받는 요건을 넣어 주세요.",
        },
        "European Union, Data Act (Regulation 2023/2854)",
        (
            *("data-portability", "data portability", "portable data", "export of all data"),
            *("dataportabiliteit", "overdraagbare data", "데이터 이동", "데이터 이전"),
        ),
    ),
    "privacy-assessment": ItemText(
        {
            "en": "Privacy is assessed before it starts",
            "nl": "De privacy is beoordeeld voor de start",
            "ko": "시작 전에 개인정보 영향을 평가합니다",
        },
        {
            "en": "Say whether personal data are used; if so, plan an assessment (DPIA) first.",
            "nl": "Zeg of er persoonsgegevens nodig zijn; zo ja, plan eerst een beoordeling (DPIA).",
            "ko": "개인정보 사용 여부를 밝히고, 사용한다면 먼저 영향평가를 계획해 주세요.",
        },
        "GDPR, article 35; Korea, Personal Information Protection Act, article 33",
        (
            *("privacy-assessment", "privacy impact", "data protection impact", "dpia"),
            *("privacybeoordeling", "gegevensbeschermingseffect", "개인정보 영향평가", "영향평가"),
        ),
    ),
    "no-lock-in": ItemText(
        {
            "en": "The city does not come to depend on one supplier",
            "nl": "De stad wordt niet afhankelijk van één leverancier",
            "ko": "한 업체에 종속되지 않습니다",
        },
        {
            "en": "Ask for an open solution, of parts that can be exchanged one by one.",
            "nl": "Vraag een open oplossing, met onderdelen die los te vervangen zijn.",
            "ko": "부분별로 교체할 수 있는 개방형 해결책을 요구해 주세요.",
        },
        "European Commission, Against lock-in (COM(2013) 455)",
    ),
    "security": ItemText(
        {
            "en": "Security is asked for",
            "nl": "Er worden eisen gesteld aan beveiliging",
            "ko": "보안 요건이 있습니다",
        },
        {
            "en": "Ask for security by design, updates, and how weaknesses are reported.",
            "nl": "Vraag beveiliging vanaf het ontwerp, updates, en een meldpunt voor lekken.",
            "ko": "설계 단계의 보안, 업데이트, 취약점 신고 방법을 요구해 주세요.",
        },
        "European Union, NIS 2 (Directive 2022/2555) and Cyber Resilience Act (2024/2847)",
        (
            "information security",
            "cybersecurity",
            "security by design",
            "iso 27001",
            "beveiliging",
            "보안",
        ),
    ),
    "accessibility": ItemText(
        {
            "en": "Everyone can use it",
            "nl": "Iedereen kan het gebruiken",
            "ko": "누구나 사용할 수 있습니다",
        },
        {
            "en": "Ask for EN 301 549 or WCAG, and for a way without a smartphone.",
            "nl": "Vraag om EN 301 549 of WCAG, en om een manier zonder smartphone.",
            "ko": "EN 301 549 또는 WCAG 준수와 스마트폰 없이 이용하는 방법을 요구해 주세요.",
        },
        "EN 301 549; Web Accessibility Directive (2016/2102); KWCAG",
        ("accessib", "wcag", "en 301 549", "toegankelijk", "접근성"),
    ),
    "replication-right": ItemText(
        {
            "en": "Other cities may use it as well",
            "nl": "Andere steden mogen het ook gebruiken",
            "ko": "다른 도시도 사용할 수 있습니다",
        },
        {
            "en": "Ask that other cities may join the contract or use again what was made.",
            "nl": "Eis dat andere steden mogen meedoen of het gemaakte mogen hergebruiken.",
            "ko": "다른 도시가 계약에 참여하거나 결과물을 재사용할 수 있게 해 주세요.",
        },
        _OWN,
        (
            *("replication", "reuse", "re-use", "open source", "hergebruik", "opschaling"),
            *("재사용", "확산", "오픈소스"),
        ),
    ),
    "evaluation": ItemText(
        {
            "en": "It will be evaluated",
            "nl": "Het wordt geëvalueerd",
            "ko": "평가할 계획이 있습니다",
        },
        {
            "en": "Plan an evaluation: does it work, do people use it, does it pay?",
            "nl": "Plan een evaluatie: werkt het, gebruiken mensen het, levert het genoeg op?",
            "ko": "작동 여부, 이용 정도, 비용 대비 효과를 평가할 계획을 세워 주세요.",
        },
        _OWN,
        ("evaluat", "monitoring of results", "kpi", "effectmeting", "평가", "성과 측정"),
    ),
    "residents-involved": ItemText(
        {
            "en": "Residents take part",
            "nl": "Bewoners doen mee",
            "ko": "주민이 참여합니다",
        },
        {
            "en": "Name whom it is about, and link the ideas of residents that led to it.",
            "nl": "Noem om wie het gaat, en koppel ideeën van bewoners waar het uit voortkomt.",
            "ko": "누구를 위한 것인지 적고, 바탕이 된 주민 제안을 연결해 주세요.",
        },
        _OWN,
        ("residents", "co-creation", "participation", "bewoners", "participatie", "주민 참여"),
    ),
    "sustainability": ItemText(
        {
            "en": "Energy, materials and repair are considered",
            "nl": "Energie, materiaal en reparatie tellen mee",
            "ko": "에너지, 자재, 수리를 고려합니다",
        },
        {
            "en": "Ask for energy use, repair, and what happens with it at the end.",
            "nl": "Vraag naar energiegebruik, reparatie, en wat er aan het eind mee gebeurt.",
            "ko": "에너지 사용량, 수리, 폐기 방법을 요구해 주세요.",
        },
        "European Union, Green Public Procurement criteria",
        (
            *("sustainab", "circular", "energy use", "repair", "co2", "duurzaam", "circulair"),
            *("repareer", "지속가능", "순환", "탄소"),
        ),
    ),
    "innovation-friendly": ItemText(
        {
            "en": "It asks for a result, not for a product",
            "nl": "Er wordt om een resultaat gevraagd, niet om een product",
            "ko": "특정 제품이 아니라 성과를 요구합니다",
        },
        {
            "en": "Describe what must be reached; try a competition or be a launching customer.",
            "nl": "Beschrijf wat bereikt moet worden; denk aan een prijsvraag, of koop zelf als eerste.",
            "ko": "달성할 목표를 설명하고, 공모전이나 첫 구매자 방식을 검토해 주세요.",
        },
        "European Commission, Guidance on innovation procurement (C(2021) 4320)",
        (
            *("functional specification", "outcome-based", "functionele specificatie"),
            *("functioneel gespecificeerd", "성과 기반", "기능 규격"),
        ),
    ),
    "exit-clause": ItemText(
        {
            "en": "The end of the contract is arranged",
            "nl": "Het einde van het contract is geregeld",
            "ko": "계약 종료 절차가 정해져 있습니다",
        },
        {
            "en": "Ask for an exit plan: handing over, deleting data, and at what cost.",
            "nl": "Vraag een exitplan: overdracht, data wissen, en tegen welke kosten.",
            "ko": "인계, 데이터 삭제, 비용을 담은 종료 계획을 요구해 주세요.",
        },
        "European Union, Data Act (Regulation 2023/2854), switching",
        (
            "exit clause",
            "exit-clause",
            "exit plan",
            "exitplan",
            "handover at the end",
            "overdracht",
            "종료 계획",
            "인수인계",
        ),
    ),
    "volume-and-budget": ItemText(
        {
            "en": "Suppliers know how much is needed and what may be spent",
            "nl": "Leveranciers weten hoeveel er nodig is en wat het mag kosten",
            "ko": "업체가 수량과 예산을 알 수 있습니다",
        },
        {
            "en": "Fill in volume and budget, or join a bundle with other cities.",
            "nl": "Vul aantal en budget in, of doe mee met andere steden.",
            "ko": "수량과 예산을 적거나 다른 도시와 함께해 주세요.",
        },
        _OWN,
    ),
}
