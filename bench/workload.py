"""What the benchmark stores and asks: entities of about 900 bytes with 9 attributes.

Everything follows from the number of an entity, so loading again gives the same city. The terms are
those of the Core @context's default vocabulary: no @context is sent, as most clients do it.
"""

import math
import random
from collections.abc import Iterator
from urllib.parse import quote

import orjson

__all__ = [
    "TYPE",
    "batches",
    "create_template",
    "entity",
    "entity_id",
    "identifiers",
    "patch_template",
    "queries",
]

TYPE = "TrafficFlowObserved"
_PATH = "/ngsi-ld/v1/entities"
_SUPPLIERS = 1_000
#: Stands where a script writes a number: six digits, so that the length stays the same.
PLACEHOLDER = "@@@@@@"


def entity_id(number: int | str) -> str:
    return f"urn:ngsi-ld:{TYPE}:bench:{number:0>9}"


def _position(number: int) -> tuple[float, float]:
    """Spread entities over a country: the golden ratio fills a square evenly."""
    return (
        round(4.0 + 3.0 * (number * 0.618033988749895 % 1), 6),
        round(51.0 + 2.4 * (number * 0.754877666246693 % 1), 6),
    )


def entity(number: int, *, variant: int = 0) -> dict[str, object]:
    """Return the entity of a number; another variant has other values."""
    seen = "2026-06-10T11:00:00Z"
    turn = number * 7_919 + variant * 104_729
    longitude, latitude = _position(number)
    return {
        "id": entity_id(number),
        "type": TYPE,
        "name": {
            "type": "Property",
            "value": f"Counter {number} on the road along the old harbour, eastern side, towards the lock",
        },
        "intensity": {
            "type": "Property",
            "value": turn % 100_000,
            "unitCode": "H10",
            "observedAt": seen,
        },
        "averageVehicleSpeed": {
            "type": "Property",
            "value": turn // 7 % 12_000 / 100,
            "unitCode": "KMH",
            "observedAt": seen,
        },
        "occupancy": {
            "type": "Property",
            "value": turn // 3 % 1_000 / 1_000,
            "unitCode": "C62",
            "observedAt": seen,
        },
        "supplier": {"type": "Property", "value": f"supplier-{number % _SUPPLIERS:04d}"},
        "congested": {"type": "Property", "value": turn % 2 == 0, "observedAt": seen},
        "laneId": {"type": "Property", "value": 1 + number % 4},
        "refRoadSegment": {
            "type": "Relationship",
            "object": f"urn:ngsi-ld:RoadSegment:bench:{number % 5_000:06d}",
        },
        "location": {
            "type": "GeoProperty",
            "value": {"type": "Point", "coordinates": [longitude, latitude]},
        },
    }


def batches(count: int, size: int) -> Iterator[bytes]:
    """Yield bodies for batch operations that together hold the first `count` entities."""
    for start in range(0, count, size):
        yield orjson.dumps([entity(number) for number in range(start, min(count, start + size))])


def variants(count: int, size: int, groups: int) -> list[bytes]:
    """Return batches in two variants, one after the other: sent in turn, each changes every value."""
    chosen = [range(start, start + size) for start in range(0, min(count, groups * size), size)]
    return [
        orjson.dumps([entity(number, variant=variant) for number in numbers])
        for variant in (1, 2)
        for numbers in chosen
    ]


def create_template() -> str:
    """Return a body with a placeholder in its id."""
    body = entity(0) | {"id": entity_id(PLACEHOLDER)}
    return orjson.dumps(body).decode()


def patch_template() -> str:
    """Return a two-attribute patch with a placeholder as both values."""
    seen = "2026-06-10T11:05:00Z"
    fragment = {
        name: {"type": "Property", "value": PLACEHOLDER, "unitCode": unit, "observedAt": seen}
        for name, unit in (("intensity", "H10"), ("averageVehicleSpeed", "KMH"))
    }
    return orjson.dumps(fragment).decode().replace(f'"{PLACEHOLDER}"', PLACEHOLDER)


def identifiers(count: int, chosen: int) -> list[str]:
    """Return paths of entities, spread at random over those that are loaded."""
    pick = random.Random(1)
    return [f"{_PATH}/{entity_id(pick.randrange(count))}" for _ in range(chosen)]


def _asking(**parameters: str | int) -> str:
    terms = (f"{name}={quote(str(value), safe=',')}" for name, value in parameters.items())
    return f"{_PATH}?type={TYPE}&" + "&".join(terms)


def _polygon(pick: random.Random) -> str:
    """Return a ring of 250 vertices of about 10 km across, star-shaped."""
    longitude, latitude = 4.2 + 2.6 * pick.random(), 51.2 + 2.0 * pick.random()
    ring = []
    for step in range(249):
        angle = 2 * math.pi * step / 249
        radius = 0.05 * (0.7 + 0.3 * pick.random())
        ring.append(
            f"[{longitude + 1.6 * radius * math.cos(angle):.5f},"
            f"{latitude + radius * math.sin(angle):.5f}]"
        )
    return f"[[{','.join([*ring, ring[0]])}]]"


def queries(kind: str, chosen: int) -> list[str]:
    """Return paths of queries of one kind, each with other values; limit 20."""
    pick = random.Random(kind)

    def numeric() -> str:
        return f"intensity>{pick.randrange(98_000, 99_500)}"

    made = {
        "one": lambda: _asking(q=numeric(), limit=20),
        "two": lambda: _asking(
            q=f"{numeric()};averageVehicleSpeed<{pick.randrange(20, 60)}", limit=20
        ),
        "text": lambda: _asking(
            q=f'supplier=="supplier-{pick.randrange(_SUPPLIERS):04d}"', limit=20
        ),
        "count": lambda: _asking(q=numeric(), limit=20, count="true"),
        "near": lambda: _asking(
            georel="near;maxDistance==5000",
            geometry="Point",
            coordinates=f"[{4.1 + 2.8 * pick.random():.5f},{51.1 + 2.2 * pick.random():.5f}]",
            limit=20,
        ),
        "within": lambda: _asking(
            georel="within", geometry="Polygon", coordinates=_polygon(pick), limit=20
        ),
    }
    return [made[kind]() for _ in range(chosen)]
