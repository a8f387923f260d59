"""Whatever a source sends, a decoder answers with readings and reasons, in a moment."""

import time
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hanze.connectors import Provenance
from hanze.connectors.decoders import load_connector
from hanze.connectors.merging import read_observed
from hanze.connectors.streaming import Message, Reading, Rejected, Scripted
from hanze.errors import InvalidInput
from hanze.ngsild.vocabulary import HANZE
from tests.connectors.streamed import RECEIVED

#: Names that make a decoder look further.
NAMES = {
    "tts-v3": """data name as.up.data.forward end_device_ids dev_eui device_id uplink_message f_port
        frm_payload decoded_payload normalized_payload rx_metadata rssi snr received_at time value
        unit temperature pressure battery_voltage locations user longitude latitude altitude
        last_battery_percentage readings""",
    "chirpstack-v4": """deviceInfo devEui deviceName tags fPort data object rxInfo rssi snr time
        deduplicationId batteryLevel margin externalPowerSource timestamp TempC_SHT Hum_SHT BatV""",
    "luchtmeetnet": """data pagination current_page last_page number location station_number formula
        value timestamp_measured PM25 NO2 geometry coordinates organisation""",
    "knmi": "STN station_code YYYYMMDD HH date hour YYYYMMDD_HH T RH VV N U DD Q TG TX SQ",
    "sensorthings": """value name properties owner Locations location geometry type Point Feature
        coordinates Datastreams unitOfMeasurement symbol definition % ug/m3 Observations result
        phenomenonTime Datastream a-1-pm25 a-1-rh ObservedProperty Thing @iot.nextLink""",
    "gbfs": """data stations station_id last_reported last_updated ttl num_bikes_available
        num_vehicles_available num_docks_available is_installed is_renting is_returning name text
        language lat lon capacity feeds url en""",
    "gtfs-rt": "header entity",
    "parking": """records results fields recordid objectid straat aantal type_en_merk geometry type
        Point coordinates geo_point_2d lon lat record_timestamp nhits parameters rows start""",
    "smart-emission": """id timeseries time s_longitude s_latitude s_temperatureambient s_humidity
        s_co2 s_no2 s_barometer v_audio0 v_audioplus1 devices""",
    "sensor-community": """sensordatavalues value_type value P1 P2 humidity timestamp sensor id
        sensor_type name location longitude latitude altitude exact_location indoor esp8266id""",
}

TEXTS = [
    *("2026-11-22T11:59:00Z", "2016-01-18 10:20:17", "20260101", "1e999999", "-1", "nan", "0"),
    *("12.5", "260", "24", "AQID", "urn:x", "2026-01-01T00:00:00Z/2026-01-01T01:00:00Z", "9" * 50),
]
NUMBERS = [0, -1, 1, 24, 260, 990, 1688733103, 1e308, -0.5, 53949959, 294650, 2**63, 1e-320]

#: Messages as they should be, of which one part after the other is spoilt.
SEEDS: dict[str, Any] = {
    "tts-v3": {
        "end_device_ids": {"device_id": "bin-1", "dev_eui": "70B3D57BA0001B50"},
        "received_at": "2026-11-22T11:59:58Z",
        "uplink_message": {
            "f_port": 1,
            "frm_payload": "AQID",
            "received_at": "2026-11-22T11:59:58.123456789Z",
            "last_battery_percentage": {"value": 81.5},
            "locations": {"user": {"latitude": 51.8, "longitude": 5.8, "altitude": 9}},
            "rx_metadata": [{"rssi": -90, "snr": 7.5}, {"rssi": -60}],
            "decoded_payload": {
                "air": {"temperature": 21.5},
                "pressure": {"value": 101325, "unit": "Pa"},
                "readings": [{"time": "2026-11-22T11:00:00Z", "humidity": 50}],
            },
        },
    },
    "chirpstack-v4": {
        "deduplicationId": "x",
        "time": "2026-11-22T11:59:58Z",
        "deviceInfo": {"devEui": "00ff", "deviceName": "n", "tags": {"latitude": "51"}},
        "fPort": 2,
        "data": "AQID",
        "batteryLevel": 50,
        "object": {"BatV": 3.2, "TempC_SHT": 20, "timestamp": 1795348798},
        "rxInfo": [{"rssi": -100, "snr": -3}],
    },
    "luchtmeetnet": {
        "pagination": {"current_page": 1, "last_page": 3},
        "data": [
            {
                "station_number": "NL1",
                "formula": "PM25",
                "value": 7.5,
                "timestamp_measured": "2026-11-22T11:00:00+00:00",
            },
            {"number": "NL1", "location": "Plein"},
        ],
    },
    "knmi": [
        {"station_code": 260, "date": "2026-11-22T00:00:00.000Z", "hour": 1, "T": 31, "VV": 80}
        | {"RH": -1, "N": 9, "U": 81, "DD": 990, "Q": 7}
    ],
    "sensorthings": {
        "value": [
            {
                "name": "thing",
                "properties": {"owner": "o"},
                "Locations": [{"location": {"type": "Point", "coordinates": [5.8, 51.8]}}],
                "Datastreams": [
                    {
                        "name": "thing-1-pm25",
                        "unitOfMeasurement": {"symbol": "ug/m3"},
                        "Observations": [{"phenomenonTime": "2026-11-22T11:00:00Z", "result": 1}],
                    }
                ],
            }
        ],
        "@iot.nextLink": "https://x.example/v1.0/Things?$skip=100",
    },
    "gbfs": {
        "last_updated": "2026-11-22T11:59:00Z",
        "ttl": 60,
        "data": {
            "stations": [
                {
                    "station_id": "1",
                    "last_reported": 1795348798,
                    "num_bikes_available": 3,
                    "is_installed": 1,
                    "is_renting": True,
                    "is_returning": 0,
                },
                {"station_id": "2", "name": [{"text": "n", "language": "en"}], "lat": 51, "lon": 5},
            ]
        },
    },
    "parking": {
        "records": [
            {
                "recordid": "r",
                "record_timestamp": "2026-11-22T11:59:00Z",
                "geometry": {"type": "Point", "coordinates": [5.4, 51.4]},
                "fields": {"objectid": 7, "aantal": 2.0, "straat": "s", "geo_point_2d": [51, 5]},
            }
        ]
    },
    "smart-emission": {
        "timeseries": [
            {
                "id": 23,
                "time": "2026-11-22T11:59:00.1234567Z",
                "s_longitude": 5914103,
                "s_latitude": 53949937,
                "s_temperatureambient": 293150,
                "s_co2": 400000,
                **{f"v_audioplus{octave}": 1841946 for octave in range(1, 9)},
                "v_audio0": 1776896,
            }
        ]
    },
    "sensor-community": [
        {
            "timestamp": "2026-11-22 11:59:00",
            "sensor": {"id": 1, "sensor_type": {"name": "SDS011"}},
            "sensordatavalues": [{"value_type": "P1", "value": "7.5"}],
            "location": {"longitude": "5.8", "latitude": "51.8", "exact_location": 0, "indoor": 1},
        }
    ],
}


def _paths(json: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        json.items()
        if isinstance(json, dict)
        else enumerate(json)
        if isinstance(json, list)
        else ()
    )
    return [path, *(found for name, one in inner for found in _paths(one, (*path, name)))]


def _spoilt(json: Any, path: tuple[Any, ...], put: Any) -> Any:
    if not path:
        return put
    changed = dict(json) if isinstance(json, dict) else list(json)
    changed[path[0]] = _spoilt(json[path[0]], path[1:], put)
    return changed


def _json(connector: str) -> st.SearchStrategy[Any]:
    names = NAMES[connector].split()
    leaves: st.SearchStrategy[Any] = st.one_of(
        st.sampled_from([None, True, False, [], {}, *TEXTS, *NUMBERS, *names]),
        st.integers(-(2**40), 2**40),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
    )
    keys = st.sampled_from(names) | st.text(max_size=5)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=8),
        max_leaves=40,
    )


def _decoded(connector: str, body: bytes, **more: Any) -> None:
    found = load_connector(connector)
    topic = "Things/a/Datastreams/a-1-pm25/%25/Observations" if len(body) % 2 else "stations/NL1"
    sent = Message("fuzz", RECEIVED, body, topic=topic, **more)
    begun = time.process_time()
    try:
        if found.uplinks is not None:
            found.uplinks(sent)
        if found.following is not None:
            found.following(sent)
        if found.pause_s is not None:
            found.pause_s(sent)
        made = list(found.decode(sent))
    except InvalidInput:
        made = []
    assert time.process_time() - begun < 2
    for one in made:
        assert isinstance(one, Reading | Rejected)
        if isinstance(one, Reading):
            try:
                entity = read_observed(one, Provenance("", "", ""), HANZE).entity
            except InvalidInput as error:
                pytest.fail(f"no entity can be made of {one}: {error}")
            assert all(instances for instances in entity.attributes.values())
            # A number that is none would come out as null.
            assert b"null" not in orjson.dumps([_plain(value) for value in one.values.values()])
        else:
            assert one.reason


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple) else value.value


@pytest.mark.parametrize("connector", NAMES)
def test_decoder_should_survive_any_json(connector: str) -> None:
    @settings(max_examples=30)
    @given(_json(connector))
    def survives(json: Any) -> None:
        _decoded(connector, orjson.dumps(json, option=orjson.OPT_NON_STR_KEYS))

    survives()


@pytest.mark.parametrize("connector", SEEDS)
def test_decoder_should_survive_a_message_of_which_a_part_is_spoilt(connector: str) -> None:
    seed = SEEDS[connector]
    _decoded(connector, orjson.dumps(seed))
    assert any(isinstance(one, Reading) for one in _made(connector, seed))

    @settings(max_examples=30)
    @given(st.sampled_from(_paths(seed)), _json(connector))
    def survives(path: tuple[Any, ...], put: Any) -> None:
        _decoded(connector, orjson.dumps(_spoilt(seed, path, put)))

    survives()


def _made(connector: str, json: Any) -> list[Reading | Rejected]:
    sent = Message("fuzz", RECEIVED, orjson.dumps(json), topic="stations/NL1")
    return list(load_connector(connector).decode(sent))


@pytest.mark.parametrize("connector", NAMES)
def test_decoder_should_survive_any_bytes(connector: str) -> None:
    @settings(max_examples=15)
    @given(st.binary(max_size=200))
    @example(b"")
    @example(b"[" * 5000)
    @example(b'{"a":' * 5000)
    @example(b"[1]" * 200)
    @example(b"# STN,YYYYMMDD,HH,T\n260,20260101,25,x\n\x00,,,,,,\n")
    @example(b'STN,YYYYMMDD\n"260')
    @example(b"\n\x0d\n\x03" + b"2.0" + b"\x18\x01")
    def survives(body: bytes) -> None:
        _decoded(connector, body)

    survives()


@settings(max_examples=30)
@given(_json("chirpstack-v4"), st.text(max_size=30))
def test_lorawan_should_survive_any_answer_of_a_script(data: Any, fields: str) -> None:
    body = orjson.dumps(
        {
            "end_device_ids": {"dev_eui": "00"},
            "uplink_message": {"f_port": 1, "frm_payload": "AQID"},
        }
    )
    answer = Scripted(data if isinstance(data, dict) else None, errors=("no",))
    _decoded("tts-v3", body, scripted=(answer,), options={"fields": fields})
