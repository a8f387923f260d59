"""Care sensors of Aldermonde: data about people, which nobody may read without a ground (pure).

They are in the homes of people who live alone: who they are is a number, and where they live is not
told. All of it is made up.
"""

from datetime import datetime
from random import Random
from typing import Final

from hanze.connectors.simulation.plan import generator
from hanze.ngsild.model import JsonValue

__all__ = ["CARE_SENSOR", "CLIENT", "Document", "care_sensors"]

Document = dict[str, JsonValue]

#: Terms of Hanze's @context: the type, and the attribute that names the data subject.
CARE_SENSOR: Final = "CareSensor"
CLIENT: Final = "careClient"
_HOMES: Final = 8
_DISTRICTS: Final = ("Lindehof", "Molenveld", "Boomgaard", "Vogelweide")


def care_sensors(seed: int, now: datetime) -> list[Document]:
    """Make a sensor for each home, with what it measures at a moment."""
    numbers = range(1, _HOMES + 1)
    return [_sensor(number, generator(seed, f"care {number}"), now) for number in numbers]


def _sensor(number: int, random: Random, now: datetime) -> Document:
    observed_at = now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def measured(value: float, unit: str) -> JsonValue:
        return {"type": "Property", "value": value, "unitCode": unit, "observedAt": observed_at}

    return {
        "id": f"urn:ngsi-ld:{CARE_SENSOR}:aldermonde:{number:02}",
        "type": CARE_SENSOR,
        "scope": f"/Aldermonde/{_DISTRICTS[number % len(_DISTRICTS)]}",
        "name": {
            "type": "LanguageProperty",
            "languageMap": {
                "nl": f"Zorgsensor {number}",
                "en": f"Care sensor {number}",
                "ko": f"돌봄 센서 {number}",
            },
        },
        CLIENT: {"type": "Property", "value": f"client-{number:02}"},
        "minutesMoved": measured(float(random.randint(4, 38)), "MIN"),
        "timesUpAtNight": measured(float(random.randint(0, 5)), "C62"),
        "temperature": measured(round(random.uniform(18.5, 22.5), 1), "CEL"),
        "simulated": {"type": "Property", "value": True},
        "dataProvider": {"type": "Property", "value": "Hanze, simulated"},
        "source": {"type": "Property", "value": "https://w3id.org/hanze/simulation"},
    }
