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


def _json(connector: str) -> st.SearchStrategy[Any]:
    names = NAMES[connector].split()
    leaves = st.one_of(
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
    @settings(max_examples=60)
    @given(_json(connector))
    def survives(json: Any) -> None:
        _decoded(connector, orjson.dumps(json, option=orjson.OPT_NON_STR_KEYS))

    survives()


@pytest.mark.parametrize("connector", NAMES)
def test_decoder_should_survive_any_bytes(connector: str) -> None:
    @settings(max_examples=40)
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


@settings(max_examples=60)
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
