"""What kinds of data are about: a colour and a picture each, and what the base map is drawn from.

Chosen by the local name of a type, so that a city's own vocabulary is recognised as well as Smart
Data Models.
"""

from functools import lru_cache

from hanze.web.portal.translation import local_name

__all__ = ["LAYERS", "layer_of", "theme_of"]

_THEMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("parking", ("parking", "charging", "bikehire", "vehicle")),
    (
        "traffic",
        ("traffic", "road", "street", "itemflow", "crowdflow", "transport", "citywork", "bridge"),
    ),
    ("light", ("streetlight", "meter", "solar", "energy", "photovoltaic", "acmeasurement")),
    ("air", ("airquality", "weather", "noise", "odour", "pollen")),
    ("water", ("water", "waterlevel", "river", "canal", "harbour", "lake", "flood", "sewer")),
    ("green", ("park", "tree", "green", "garden", "soil", "forest")),
    ("place", ("district", "neighbourhood", "area", "city", "building", "place")),
)

#: Layers of the base map, the lowest first.
LAYERS = ("city", "district", "green", "water", "road")

_LAYER_OF = {
    "city": ("City", "Municipality"),
    "district": ("District", "Neighbourhood", "AdministrativeArea"),
    "green": ("Park", "Garden", "GreenArea", "GreenSpace", "Forest"),
    "water": ("WaterBody", "Water", "Waterway", "River", "Canal", "Lake", "Harbour", "Sea"),
    "road": ("Road", "RoadSegment", "Street"),
}


@lru_cache(maxsize=1_000)
def theme_of(type_iri: str) -> str:
    """Name the theme of a type: also the name of its colour and picture."""
    name = local_name(type_iri).lower()
    # Street lights are about light though they start like streets: the longer match counts.
    matches = [
        (len(word), theme) for theme, words in _THEMES for word in words if name.startswith(word)
    ]
    if matches:
        return max(matches)[1]
    inside = [(len(word), theme) for theme, words in _THEMES for word in words if word in name]
    return max(inside)[1] if inside else "other"


def layer_of(type_iri: str) -> str | None:
    """Say on which layer of the base map entities of a type are drawn, if on any."""
    name = local_name(type_iri)
    for layer, names in _LAYER_OF.items():
        if name in names:
            return layer
    return None
