"""Real tables of KNMI and real records of Nijmegen; what is expected is worked out from the raw files."""

import csv
import json
import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.streamed import by_entity, message, readings, rejected, shown

#: Column → term, unit, and how many of the column's steps make one of the unit.
TENTHS = {
    "FF": ("windSpeed", "MTS", 10),
    "FH": ("windSpeed/hour-mean", "MTS", 10),
    "FX": ("gustSpeed", "MTS", 10),
    "T": ("temperature", "CEL", 10),
    "TD": ("dewPoint", "CEL", 10),
    "P": ("atmosphericPressure", "A97", 10),
    "DR": ("precipitationDuration", "HUR", 10),
    "N": ("cloudCover", "C62", 8),
    "U": ("relativeHumidity", "C62", 100),
    "DD": ("windDirection", "DD", 1),
    "Q": ("solarRadiation", "D54", 0.36),
}
DAYS = {
    "TG": ("temperature/day-mean", "CEL", 10),
    "TN": ("temperature/day-minimum", "CEL", 10),
    "TX": ("temperature/day-maximum", "CEL", 10),
    "PG": ("atmosphericPressure/day-mean", "A97", 10),
    "FXX": ("gustSpeed/day-maximum", "MTS", 10),
    "SQ": ("sunshineDuration/day-sum", "HUR", 10),
    "UG": ("relativeHumidity/day-mean", "C62", 100),
    "Q": ("solarRadiation/day-mean", "D54", 8.64),
}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["get_hour_data.csv", "get_hour_data_temp_sun.csv"])
def test_hours_of_knmi_should_be_at_their_end_in_whole_units(shared_data: Path, name: str) -> None:
    path = shared_data / "live/knmi" / name
    found = readings("knmi", message(path, "knmi"))
    rows = _rows(path)
    assert rejected("knmi", message(path)) == []
    assert len(found) == len(rows)
    for one, row in zip(found, rows, strict=True):
        begun = datetime.strptime(row["YYYYMMDD_HH"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
        ended = f"{begun + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}Z"
        assert one.entity_id == f"urn:ngsi-ld:WeatherObserved:knmi:{row['STN']}"
        told = shown(one)
        for column, (term, unit, steps) in TENTHS.items():
            if row.get(column):
                value = pytest.approx(float(row[column]) / steps, abs=0.006)
                assert told[term] == (value, unit, ended), column
        if row.get("T10N"):
            ground = pytest.approx(float(row["T10N"]) / 10)
            assert told["temperature/ground-minimum-6-hours"] == (ground, "CEL", ended)


def test_rain_of_less_than_half_a_tenth_should_be_none_and_not_negative(
    shared_data: Path,
) -> None:
    path = shared_data / "live/knmi/get_hour_data.csv"
    rain = [shown(one)["precipitation"][:2] for one in readings("knmi", message(path, "knmi"))]
    raw = [row["RH"] for row in _rows(path)]
    assert raw.count("-1") == 3
    assert rain == [(max(int(cell), 0) / 10, "MMT") for cell in raw]


def test_visibility_should_be_the_least_distance_of_its_code(shared_data: Path) -> None:
    path = shared_data / "live/knmi/get_hour_data.csv"
    first = {
        code: shown(one)["visibility"][:2]
        for one, row in zip(readings("knmi", message(path)), _rows(path), strict=True)
        for code in [row["VV"]]
    }
    # From 56 to 79 the code counts kilometres from 50 on; from 80 on it goes by five of them.
    assert first == {
        "68": (18_000, "MTR"),
        "70": (20_000, "MTR"),
        "75": (25_000, "MTR"),
        "83": (45_000, "MTR"),
    }


def test_days_of_knmi_should_be_instances_of_their_own(shared_data: Path) -> None:
    path = shared_data / "live/knmi/get_day_data.csv"
    found = readings("knmi", message(path, "knmi"))
    rows = _rows(path)
    assert len(found) == len(rows)
    for one, row in zip(found, rows, strict=True):
        day = datetime.strptime(row["YYYYMMDD"][:10], "%Y-%m-%d")  # noqa: DTZ007
        ended = f"{day + timedelta(days=1):%Y-%m-%d}T00:00:00Z"
        told = shown(one)
        assert all("/" in term for term in told)
        for column, (term, unit, steps) in DAYS.items():
            value = pytest.approx(float(row[column]) / steps, abs=0.006)
            assert told[term] == (value, unit, ended), column


def test_rain_of_a_day_should_be_left_out_when_a_station_has_none(shared_data: Path) -> None:
    path = shared_data / "live/knmi/get_day_data_all_stn_rh.csv"
    told = [
        (one.entity_id.rpartition(":")[2], shown(one).get("precipitation/day-sum", (None,))[0])
        for one in readings("knmi", message(path))
    ]
    assert told == [
        (row["STN"], max(float(row["RH"]), 0) / 10 if row["RH"] else None) for row in _rows(path)
    ]


def _degrees(packed: int) -> float:
    """As the project's documentation explains it: eight nibbles, read from their digits."""
    digits = f"{packed:08x}"
    sign = -1 if digits[0] == "8" else 1
    return sign * (int(digits[1:3], 16) + int(digits[3:], 16) / 1e6)


def _decibels(record: dict[str, Any]) -> float:
    energy = 0.0
    for octave in range(9):
        digits = f"{record['v_audio0' if octave == 0 else f'v_audioplus{octave}']:06x}"
        thirds = [int(digits[4:6], 16), int(digits[2:4], 16), int(digits[0:2], 16)]
        if octave == 0:
            del thirds[0]
        if octave == 8:
            del thirds[2]
        energy += sum(math.pow(10, level / 10) for level in thirds)
    return 10 * math.log10(energy)


def test_an_hour_of_nijmegen_should_be_unpacked(shared_data: Path) -> None:
    path = shared_data / "live/nijmegen-smartemission/timeseries-hour.json"
    records = json.loads(path.read_bytes())["timeseries"]
    entities = by_entity(readings("smart-emission", message(path, "nijmegen")))
    air = entities["urn:ngsi-ld:AirQualityObserved:nijmegen:23"]
    weather = entities["urn:ngsi-ld:WeatherObserved:nijmegen:23"]
    noise = entities["urn:ngsi-ld:NoiseLevelObserved:nijmegen:23"]
    assert len(records) == len(weather) == len(noise) == 198
    for record, reading, sound in zip(records, weather, noise, strict=True):
        moment = record["time"].replace("0Z", "Z")
        told = shown(reading)
        assert datetime.fromisoformat(told["temperature"][2] or "") == datetime.fromisoformat(
            moment
        )
        celsius = pytest.approx(record["s_temperatureambient"] / 1000 - 273.15)
        assert told["temperature"][:2] == (celsius, "CEL")
        share = pytest.approx(record["s_humidity"] / 100_000)
        assert told["relativeHumidity"][:2] == (share, "C62")
        hectopascal = pytest.approx(record["s_barometer"] / 100)
        assert told["atmosphericPressure"][:2] == (hectopascal, "A97")
        assert told["illuminance"][:2] == (record["s_lightsensortop"], "LUX")
        level = pytest.approx(_decibels(record), abs=0.06)
        assert shown(sound)["LAeq"][:2] == (level, "2N")
        place = reading.thing["location"].value  # type: ignore[union-attr]  # one instance
        assert place == {
            "type": "Point",
            "coordinates": [
                pytest.approx(_degrees(record["s_longitude"])),
                pytest.approx(_degrees(record["s_latitude"])),
            ],
        }
    gases = [shown(one) for one in air]
    having = [record for record in records if "s_no2" in record]
    assert len(having) == 127
    assert [told["no2/uncalibrated"][:2] for told in gases if "no2/uncalibrated" in told] == [
        (record["s_no2"], "61") for record in having
    ]
    assert [told["o3Resistance"][:2] for told in gases if "o3Resistance" in told] == [
        (record["s_o3resistance"], "OHM") for record in having
    ]
    assert [told["co2"][:2] for told in gases if "co2" in told] == [
        (record["s_co2"] / 1000, "59") for record in records if "s_co2" in record
    ]


def test_several_documents_of_nijmegen_should_all_be_read(shared_data: Path) -> None:
    path = shared_data / "live/nijmegen-smartemission/last-multi.json"
    written = path.read_text()
    with pytest.raises(json.JSONDecodeError):
        json.loads(written)
    # Each document starts in the first column.
    records = [json.loads("{" + one) for one in ("\n" + written).split("\n{")[1:]]
    assert len(records) == 16
    entities = by_entity(readings("smart-emission", message(path, "nijmegen")))
    for record in records:
        weather = entities.get(f"urn:ngsi-ld:WeatherObserved:nijmegen:{record['id']}", [])
        warm = [shown(one)["temperature"][0] for one in weather if "temperature" in shown(one)]
        millikelvin = record.get("s_temperatureambient", 0)
        # 0 kelvin says that there is no sensor.
        assert warm == ([pytest.approx(millikelvin / 1000 - 273.15)] if millikelvin else [])
        for one in weather:
            assert "location" in one.thing or record["s_longitude"] == 0
            assert one.observed_at is not None
            assert record["time"].startswith(one.observed_at.rstrip("Z"))
    (silent,) = rejected("smart-emission", message(path, "nijmegen"))
    assert "Station 8 sends nothing" in silent.reason


def test_the_place_of_the_documentation_should_be_in_helmond() -> None:
    record = {
        "id": "1",
        "time": "2015/07/24 07:27:36Z",
        "s_longitude": 5914103,
        "s_latitude": 53949937,
        "s_temperatureambient": 293150,
    }
    (one,) = readings("smart-emission", message(json.dumps(record).encode()))
    place: Any = one.thing["location"].value  # type: ignore[union-attr]  # one instance
    assert place["coordinates"] == [5.671223, 51.472561]
    assert shown(one) == {"temperature": (20.0, "CEL", "2015-07-24T07:27:36Z")}
