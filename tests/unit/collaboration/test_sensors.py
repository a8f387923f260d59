"""Residents' own sensors: what a key reaches, and where they are said to hang."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.provision import append_attributes, create_entity, delete_entity
from hanze.collaboration.rules.contributors import ContributorsOnly
from hanze.collaboration.sensors import (
    QUANTITIES,
    SENSOR_TYPE,
    SENSORS_PER_KEY,
    NewSensor,
    SensorNotFound,
    TooManySensors,
    UnfitReading,
    add_readings,
    add_sensor,
    own_sensors,
    remove_sensors,
)
from hanze.errors import InvalidInput
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.identity.resident_keys import NotAResidentKey
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Fragment
from hanze.ngsild.vocabulary import HANZE
from tests.collectives import NOW, WRITER, holding

ANNA = Caller(actor="resident-anna", roles=frozenset({"reader", "contributor"}))
BRAM = Caller(actor="resident-bram", roles=frozenset({"reader", "contributor"}))
SENSOR = NewSensor(name="Achterbalkon", longitude=5.859412, latitude=51.842998, model="SDS011")


async def test_sensor_should_be_marked_and_roughly_placed() -> None:
    async with holding() as held:
        made = await add_sensor(held.store, ANNA, SENSOR, now=NOW)
        assert made.id == "urn:ngsi-ld:CitizenSensor:resident:anna:1"
        stored = held.store.stored("", made.id)
        assert stored is not None
        entity = held.store.load(stored)
    (place,) = entity.attributes[HANZE.expand_name("location")]
    assert place.value == {"type": "Point", "coordinates": [5.859, 51.843]}
    assert place.attributes[HANZE.expand_name("locationRounded")][0].value is True
    assert entity.attributes[HANZE.expand_name("provenance")][0].value == "resident"


@given(
    east=st.floats(-180, 180),
    north=st.floats(-89, 89),
)
@settings(max_examples=10, deadline=None)
async def test_place_should_never_be_finer_than_100_m(east: float, north: float) -> None:
    async with holding() as held:
        sensor = NewSensor(name="x", longitude=east, latitude=north)
        made = await add_sensor(held.store, ANNA, sensor, now=NOW)
        stored = held.store.stored("", made.id)
        assert stored is not None
        (place,) = held.store.load(stored).attributes[HANZE.expand_name("location")]
    assert isinstance(place.value, dict)
    for number in place.value["coordinates"]:
        assert number == round(number, 3)


async def test_readings_should_reach_own_sensors_alone() -> None:
    async with holding() as held:
        made = await add_sensor(held.store, ANNA, SENSOR, now=NOW)
        at = "2026-11-22T09:55:00Z"
        done = await add_readings(
            held.store, ANNA, 1, {"pm10": 21.5, "temperature": -3}, observed_at=at, now=NOW
        )
        assert (done.values, done.observed_at) == ({"pm10": 21.5, "temperature": -3}, at)
        assert own_sensors(held.store, ANNA) == (done,)
        assert own_sensors(held.store, BRAM) == ()
        for number in (1, 2):
            with pytest.raises(SensorNotFound):
                await add_readings(held.store, BRAM, number, {"pm10": 1}, now=NOW)
        with pytest.raises(SensorNotFound):
            await remove_sensors(held.store, BRAM, 1, now=NOW)
        assert await remove_sensors(held.store, BRAM, now=NOW) == 0
        assert held.store.stored("", made.id) is not None
        assert await remove_sensors(held.store, ANNA, now=NOW) == 1
        assert own_sensors(held.store, ANNA) == ()


async def test_reading_should_be_refused_when_it_cannot_be() -> None:
    async with holding() as held:
        await add_sensor(held.store, ANNA, SENSOR, now=NOW)
        for values in ({}, {"happiness": 1}, {"pm10": -1}, {"pm10": math.nan}, {"co2": math.inf}):
            with pytest.raises(UnfitReading):
                await add_readings(held.store, ANNA, 1, values, now=NOW)
        for at in ("2026-11-22T10:06:00Z", "2026-10-01T00:00:00Z", "yesterday"):
            with pytest.raises(InvalidInput):
                await add_readings(held.store, ANNA, 1, {"pm10": 1}, observed_at=at, now=NOW)
        assert own_sensors(held.store, ANNA)[0].values == {}


async def test_sensor_should_be_refused_off_the_earth_or_beyond_the_most() -> None:
    async with holding() as held:
        with pytest.raises(UnfitReading):
            await add_sensor(
                held.store, ANNA, NewSensor(name="x", longitude=0, latitude=91), now=NOW
            )
        for _ in range(SENSORS_PER_KEY):
            await add_sensor(held.store, ANNA, SENSOR, now=NOW)
        with pytest.raises(TooManySensors):
            await add_sensor(held.store, ANNA, SENSOR, now=NOW)
        assert await remove_sensors(held.store, ANNA, 7, now=NOW) == 1
        assert (await add_sensor(held.store, ANNA, SENSOR, now=NOW)).number == 7


async def test_others_should_have_no_sensors_of_their_own() -> None:
    async with holding() as held:
        for caller in (WRITER, ANONYMOUS):
            with pytest.raises(NotAResidentKey):
                await add_sensor(held.store, caller, SENSOR, now=NOW)


async def test_key_should_write_nothing_else_through_the_broker() -> None:
    def entity(entity_id: str, *types: str) -> Entity:
        return Entity(id=entity_id, types=types, attributes={})

    tree = HANZE.expand_name("Tree")
    own = "urn:ngsi-ld:CitizenSensor:resident:anna:1"
    async with holding() as held:
        await add_sensor(held.store, ANNA, SENSOR, now=NOW)
        await held.store.transact(
            lambda uow: create_entity(uow, WRITER, entity("urn:x:1", tree), context=HANZE, now=NOW)
        )
        for made in (
            entity("urn:x:2", tree),
            entity("urn:ngsi-ld:CitizenSensor:resident:bram:1", SENSOR_TYPE),
            entity("urn:ngsi-ld:CitizenSensor:resident:ann:1", SENSOR_TYPE),
            entity("urn:ngsi-ld:CitizenSensor:resident:anna:2", SENSOR_TYPE, tree),
            entity("urn:ngsi-ld:CitizenSensor:resident:anna:3", tree),
        ):
            with pytest.raises(ContributorsOnly):
                await held.store.transact(
                    lambda uow, one=made: create_entity(  # type: ignore[misc]  # mypy cannot see a default's type
                        uow, ANNA, one, context=HANZE, now=NOW
                    )
                )
        name = Attribute(kind=AttributeKind.PROPERTY, value="mine")
        fragment = Fragment(attributes={HANZE.expand_name("name"): (name,)})
        with pytest.raises(ContributorsOnly):
            await held.store.transact(
                lambda uow: append_attributes(uow, ANNA, "urn:x:1", fragment, now=NOW)
            )
        with pytest.raises(ContributorsOnly):
            await held.store.transact(lambda uow: delete_entity(uow, BRAM, own, now=NOW))
        retyped = Fragment(attributes={}, types=(tree,))
        with pytest.raises(ContributorsOnly):
            await held.store.transact(
                lambda uow: append_attributes(uow, ANNA, own, retyped, now=NOW)
            )


def test_quantities_should_be_terms_of_the_vocabulary() -> None:
    for term in QUANTITIES:
        assert HANZE.expand_name(term).startswith(
            "https://smartdatamodels.org/"
        ) or HANZE.expand_name(term).startswith("https://w3id.org/hanze/ns#")
