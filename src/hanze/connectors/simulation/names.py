"""What things in Aldermonde are called in Dutch, English and Korean (pure)."""

from collections.abc import Iterable, Mapping
from random import Random

__all__ = [
    "CITY",
    "DISTRICTS",
    "PARKS",
    "RINGS",
    "WATERS",
    "Name",
    "numbered",
    "radial",
    "road_names",
]

#: Language tag to text; every name has all three.
Name = Mapping[str, str]


def _name(nl: str, en: str, ko: str) -> Name:
    return {"nl": nl, "en": en, "ko": ko}


CITY = _name("Aldermonde", "Aldermonde", "알더몬더")

DISTRICTS: Mapping[str, Name] = {
    "marktkwartier": _name("Marktkwartier", "Market Quarter", "시장 지구"),
    "koggenhoek": _name("Koggenhoek", "Cog Corner", "코그선 지구"),
    "kerkbuurt": _name("Kerkbuurt", "Minster Close", "대성당 지구"),
    "lijnbaan": _name("Lijnbaan", "Ropewalk", "밧줄길 지구"),
    "zoutkwartier": _name("Zoutkwartier", "Salt Quarter", "소금 지구"),
    "schippersbuurt": _name("Schippersbuurt", "Skippers' Quarter", "선장 지구"),
    "westersingel": _name("Westersingel", "Western Moat", "서쪽 해자동"),
    "molenveld": _name("Molenveld", "Millfield", "풍차들"),
    "zuiderpoort": _name("Zuiderpoort", "South Gate", "남문동"),
    "noorderwal": _name("Noorderwal", "North Rampart", "북쪽 성벽동"),
    "stationskwartier": _name("Stationskwartier", "Station Quarter", "역전 지구"),
    "zeezicht": _name("Zeezicht", "Sea View", "바다전망동"),
    "lindehof": _name("Lindehof", "Linden Court", "보리수마을"),
    "wilgenhoek": _name("Wilgenhoek", "Willow Corner", "버드나무마을"),
    "meerwijk": _name("Meerwijk", "Lakeside", "호숫가마을"),
    "steenoven": _name("Steenoven", "Brickworks", "벽돌가마동"),
    "boomgaard": _name("Boomgaard", "The Orchard", "과수원마을"),
    "duinzoom": _name("Duinzoom", "Dune Edge", "모래언덕마을"),
    "graspolder": _name("Graspolder", "Grass Polder", "초원 간척지"),
    "rietlanden": _name("Rietlanden", "Reedlands", "갈대벌"),
    "zuidermeent": _name("Zuidermeent", "South Common", "남쪽 공유지"),
    "noorderpolder": _name("Noorderpolder", "North Polder", "북쪽 간척지"),
    "elzenbroek": _name("Elzenbroek", "Alder Carr", "오리나무벌"),
    "overalder": _name("Overalder", "Over-Alder", "강건너동"),
    "oosterdok": _name("Oosterdok", "East Dock", "동쪽 부두동"),
    "werfeiland": _name("Werfeiland", "Shipyard Island", "조선소섬"),
    "handelshaven": _name("Handelshaven", "Trade Port", "무역항"),
    "vogelweide": _name("Vogelweide", "Bird Meadow", "새들판마을"),
    "akkerhout": _name("Akkerhout", "Acre Wood", "밭숲마을"),
    "campus": _name("Campus Oost", "East Campus", "동쪽 캠퍼스"),
    "hoogeveld": _name("Hoogeveld", "Highfield", "높은들"),
    "oosterkwelder": _name("Oosterkwelder", "Eastern Saltmarsh", "동쪽 염습지"),
    "vuurtoreneiland": _name("Vuurtoreneiland", "Lighthouse Island", "등대섬"),
}

WATERS: Mapping[str, Name] = {
    "alderbocht": _name("Alderbocht", "Alder Bight", "알더만"),
    "alder": _name("Alder", "River Alder", "알더강"),
    "oude-haven": _name("Oude Haven", "Old Harbour", "옛 항구"),
    "houthaven": _name("Houthaven", "Timber Dock", "목재 부두"),
    "graanhaven": _name("Graanhaven", "Grain Dock", "곡물 부두"),
    "werfhaven": _name("Werfhaven", "Yard Dock", "조선소 부두"),
    "containerhaven": _name("Containerhaven", "Container Dock", "컨테이너 부두"),
    "jachthaven": _name("Jachthaven", "Marina", "요트 항"),
    "vestinggracht": _name("Vestinggracht", "Fortress Moat", "요새 해자"),
    "koopliedengracht": _name("Koopliedengracht", "Merchants' Canal", "상인 운하"),
    "binnengracht": _name("Binnengracht", "Inner Canal", "안쪽 운하"),
    "weversgracht": _name("Weversgracht", "Weavers' Canal", "직공 운하"),
    "zoutgracht": _name("Zoutgracht", "Salt Canal", "소금 운하"),
    "brouwersgracht": _name("Brouwersgracht", "Brewers' Canal", "양조 운하"),
    "spiegelgracht": _name("Spiegelgracht", "Mirror Canal", "거울 운하"),
    "veenbeek": _name("Veenbeek", "Peat Brook", "이탄 개울"),
    "reigermeer": _name("Reigermeer", "Heron Lake", "왜가리 호수"),
    "parkvijver": _name("Parkvijver", "Park Pond", "공원 연못"),
    "noordplas": _name("Noordplas", "North Mere", "북쪽 못"),
}

PARKS: Mapping[str, Name] = {
    "vestingpark": _name("Vestingpark", "Rampart Park", "성벽 공원"),
    "westerpark": _name("Westerpark", "West Park", "서쪽 공원"),
    "alderweerd": _name("Alderweerd", "Alder Meadows", "알더 강변 공원"),
    "reigerbos": _name("Reigerbos", "Heron Wood", "왜가리 숲"),
    "zeeduin": _name("Zeeduin", "Sea Dunes", "바닷가 모래언덕"),
    "stadshout": _name("Stadshout", "City Wood", "도시 숲"),
    "zuiderpark": _name("Zuiderpark", "South Park", "남쪽 공원"),
    "campustuin": _name("Campustuin", "Campus Garden", "캠퍼스 정원"),
    "noorderhof": _name("Noorderhof", "North Garden", "북쪽 정원"),
}

#: Roads that leave the town bear the names of towns of the old league.
_RADIALS = (
    _name("Kamperweg", "Kampen Road", "캄펀로"),
    _name("Bremerweg", "Bremen Road", "브레멘로"),
    _name("Hamburgerweg", "Hamburg Road", "함부르크로"),
    _name("Visbyweg", "Visby Road", "비스뷔로"),
    _name("Bergenweg", "Bergen Road", "베르겐로"),
    _name("Stavorenweg", "Stavoren Road", "스타보런로"),
    _name("Brugseweg", "Bruges Road", "브뤼허로"),
    _name("Zutphenseweg", "Zutphen Road", "쥣펀로"),
    _name("Deventerweg", "Deventer Road", "데벤터르로"),
    _name("Lübeckweg", "Lübeck Road", "뤼베크로"),
)

RINGS = (
    _name("Marktring", "Market Ring", "시장 순환로"),
    _name("Walstraat", "Rampart Street", "성벽길"),
    _name("Singelring", "Moat Ring", "해자 순환로"),
    _name("Middenring", "Middle Ring", "중앙 순환로"),
    _name("Randweg", "Orbital Road", "외곽 순환로"),
)

#: Dutch|English|Korean.
_STEMS = """
Bakkers|Baker|제빵사; Brouwers|Brewer|양조장; Wevers|Weaver|직공; Smeden|Smith|대장장이; Kuipers|Cooper|통장이;
Zeilmakers|Sailmaker|돛장이; Touwslagers|Ropemaker|밧줄장이; Vissers|Fisher|어부; Loodsen|Pilot|도선사; Schippers|Skipper|선장;
Koopmans|Merchant|상인; Munt|Mint|조폐; Waag|Weighhouse|계량소; Graan|Grain|곡물; Zout|Salt|소금;
Haring|Herring|청어; Laken|Cloth|모직; Linnen|Linen|리넨; Was|Wax|밀랍; Honing|Honey|꿀;
Barnsteen|Amber|호박; Pels|Fur|모피; Koper|Copper|구리; IJzer|Iron|무쇠; Teer|Tar|타르;
Hop|Hop|홉; Mout|Malt|맥아; Wijn|Wine|포도주; Peper|Pepper|후추; Kaneel|Cinnamon|계피;
Linde|Linden|보리수; Beuken|Beech|너도밤나무; Eiken|Oak|참나무; Essen|Ash|물푸레; Olmen|Elm|느릅나무;
Wilgen|Willow|버드나무; Elzen|Alder|오리나무; Berken|Birch|자작나무; Kastanje|Chestnut|밤나무; Esdoorn|Maple|단풍나무;
Meidoorn|Hawthorn|산사나무; Vlier|Elder|딱총나무; Hazelaar|Hazel|개암나무; Populier|Poplar|미루나무; Jasmijn|Jasmine|재스민;
Reiger|Heron|왜가리; Zwaluw|Swallow|제비; Meeuwen|Gull|갈매기; Ooievaar|Stork|황새; Kievit|Lapwing|댕기물떼새;
Leeuwerik|Lark|종달새; Merel|Blackbird|지빠귀; Zwanen|Swan|백조; Eider|Eider|솜털오리; Stern|Tern|제비갈매기;
Anker|Anchor|닻; Kompas|Compass|나침반; Kogge|Cog|코그선; Mast|Mast|돛대; Roer|Rudder|방향타;
Baken|Beacon|봉화; Noorderlicht|Aurora|오로라; Getijden|Tide|밀물; Schelpen|Shell|조개; Duin|Dune|모래언덕;
Klooster|Abbey|수도원; Toren|Tower|탑; Klokken|Bell|종; Poort|Gate|성문; Schans|Redoubt|보루;
Gilde|Guild|길드; Raadhuis|Town Hall|시청; School|School|학교; Begijnen|Beguine|베긴; Weeshuis|Orphanage|고아원
"""

_SUFFIXES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "town": (("straat", " Street", " 거리"), ("steeg", " Alley", " 골목")),
    "urban": (
        ("straat", " Street", " 거리"),
        ("laan", " Avenue", " 가로수길"),
        ("plein", " Square", " 광장"),
    ),
    "garden": (
        ("laan", " Avenue", " 가로수길"),
        ("hof", " Court", " 마당"),
        ("weg", " Road", "로"),
    ),
    "campus": (("weg", " Road", "로"), ("pad", " Walk", " 산책로")),
    "port": (("kade", " Quay", " 부두길"), ("weg", " Road", "로")),
    "rural": (("dijk", " Dyke", " 제방길"), ("pad", " Path", " 오솔길")),
}


def _stems() -> list[list[str]]:
    return [stem.strip().split("|") for stem in _STEMS.split(";")]


def road_names(characters: Iterable[str], random: Random) -> list[Name]:
    """Return a name for each street, by the character of its district; none comes twice."""
    pools: dict[str, list[Name]] = {}
    used: set[str] = set()
    found = []
    for character in characters:
        if character not in pools:
            pools[character] = [
                _name(nl + tail[0], en + tail[1], ko + tail[2])
                for nl, en, ko in _stems()
                for tail in _SUFFIXES[character]
            ]
            random.shuffle(pools[character])
        pool = pools[character]
        name = next(name for name in pool if name["nl"] not in used)
        used.add(name["nl"])
        found.append(name)
    return found


def radial(index: int) -> Name:
    """Return the name of a road that leaves the town."""
    return _RADIALS[index % len(_RADIALS)]


def numbered(kind: Name, place: Name, number: int | None = None) -> Name:
    """Return "kind, place" or "kind number, place" in each language."""
    tail = "" if number is None else f" {number}"
    return {tag: f"{text}{tail}, {place[tag]}" for tag, text in kind.items()}
