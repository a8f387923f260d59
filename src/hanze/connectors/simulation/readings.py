"""What each site of Aldermonde measures at a moment: functions of site, climate and time (pure).

Units are codes of UN/CEFACT Recommendation 20; "C62" is a share from 0 to 1.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from hanze.connectors.simulation.climate import Climate, drift, rush, share_of_day
from hanze.connectors.simulation.sites import Site
from hanze.ngsild.model import JsonValue

__all__ = ["Reading", "readings"]


class Reading(NamedTuple):
    value: JsonValue
    unit: str | None = None


Readings = Mapping[str, Reading]


class _Moment(NamedTuple):
    site: Site
    air: Climate
    seed: int
    now: datetime

    def drift(self, purpose: str, minutes: float) -> float:
        return drift(
            self.seed, f"{purpose}/{self.site.type}/{self.site.key}", self.now, minutes=minutes
        )

    def chance(self, purpose: str, slots: int) -> float:
        return share_of_day(self.seed, f"{purpose}/{self.site.key}", self.now, slots=slots)

    @property
    def bustle(self) -> float:
        return rush(self.air.hour, weekend=self.air.weekend)


def _clamp(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))


def _share(value: float) -> Reading:
    return Reading(round(_clamp(value, 0.0, 1.0), 2), "C62")


_FREE_SPEED = {"motorway": 100.0, "ring": 50.0, "radial": 50.0}
_LANE_CAPACITY = {"motorway": 2_050.0, "ring": 1_250.0, "radial": 1_050.0}


def _traffic(at: _Moment) -> Readings:
    site = at.site
    # Slow waves, and the platoons that lights let through.
    waves = 1 + 0.14 * at.drift("flow", 11) + 0.12 * at.drift("platoon", 1.1)
    demand = site.level * at.bustle * waves * (1 - 0.02 * at.air.rain)
    load = _clamp(demand, 0.004, 1.0)
    free = _FREE_SPEED[site.kind]
    # Speed falls slowly until four fifths of the capacity, then steeply: the fundamental diagram.
    slow = 0.12 * load + 0.75 * max(0.0, load - 0.8) / 0.2
    speed = _clamp(free * (1 - slow) + 3 * at.drift("speed", 1.7) - 0.8 * at.air.rain, 6.0, 130.0)
    flow = round(load * site.size * _LANE_CAPACITY[site.kind])
    # Vehicles of 6.2 m: the share of time that a loop is covered.
    covered = flow / site.size * 6.2 / (speed * 1_000)
    return {
        "intensity": Reading(flow, "H10"),  # per hour
        "averageVehicleSpeed": Reading(round(speed, 1), "KMH"),
        "occupancy": _share(covered),
        "congested": Reading(speed < 0.5 * free),
    }


def _air_quality(at: _Moment) -> Readings:
    air, site = at.air, at.site
    still = 1.9 / (0.9 + air.wind / 3.2)
    traffic = site.level * at.bustle
    washed = 1 - 0.07 * min(air.rain, 5.0)
    no2 = (7 + 44 * traffic) * still * (1 + 0.14 * at.drift("no2", 17))
    pm10 = (11 + 13 * traffic + 4 * at.drift("dust", 130)) * still * washed + 2
    pm25 = pm10 * (0.55 + 0.08 * at.drift("fine", 75))
    found: dict[str, Reading] = {
        "pm10": Reading(round(_clamp(pm10, 1.0, 180.0), 1), "GQ"),
        "pm25": Reading(round(_clamp(pm25, 0.5, 120.0), 1), "GQ"),
    }
    if site.kind == "citizen":
        # Cheap sensors stand near walls: a little too warm, and they swell in damp air.
        found["temperature"] = Reading(
            round(air.temperature + 1 + 0.8 * at.drift("t", 40), 1), "CEL"
        )
        found["relativeHumidity"] = _share(air.humidity - 0.04 + 0.03 * at.drift("rh", 40))
        return found
    ozone = (38 + 55 * max(0.0, air.sun)) - 0.5 * no2 + 5 * at.drift("o3", 60)
    found["no2"] = Reading(round(_clamp(no2, 1.0, 220.0), 1), "GQ")
    found["o3"] = Reading(round(_clamp(ozone, 2.0, 240.0), 1), "GQ")
    return found


def _weather(at: _Moment) -> Readings:
    air = at.air
    wind_from = (air.wind_from + 9 * at.drift("veer", 12)) % 360
    return {
        "temperature": Reading(round(air.temperature + 0.7 * at.drift("t", 50), 1), "CEL"),
        "relativeHumidity": _share(air.humidity + 0.02 * at.drift("rh", 50)),
        "atmosphericPressure": Reading(round(air.pressure + 0.2 * at.drift("p", 90), 1), "A97"),
        "windSpeed": Reading(round(max(0.0, air.wind * (1 + 0.3 * at.drift("w", 1.5))), 1), "MTS"),
        "windDirection": Reading(round(wind_from) % 360, "DD"),
        "precipitation": Reading(round(air.rain, 1), "MMT"),
        "illuminance": Reading(round(air.light), "LUX"),
    }


def _garage(at: _Moment) -> Readings:
    site = at.site
    day = _clamp(1 - ((at.air.hour - 13.6) / 6.4) ** 2, 0.0, 1.0)
    filled = 0.14 + site.level * day * (0.66 if at.air.weekend else 0.78)
    taken = round(site.size * _clamp(filled + 0.06 * at.drift("parked", 25), 0.02, 1.0))
    return {
        "availableSpotNumber": Reading(site.size - taken),
        "occupiedSpotNumber": Reading(taken),
        "occupancy": _share(taken / site.size),
    }


def _light(at: _Moment) -> Readings:
    # Every lamp has its own eye: they do not all switch at once.
    dark = at.air.sun < -0.035 + 0.035 * at.site.level
    late = at.air.hour >= 23.5 or at.air.hour < 5.2
    broken = at.site.level > 0.985
    level = 0.0 if broken or not dark else 0.4 if late else 1.0
    return {
        "powerState": Reading("on" if level == 1.0 else "low" if level else "off"),
        "illuminanceLevel": _share(level),
        "status": Reading("defectiveLamp" if broken else "ok"),
    }


def _charger(at: _Moment) -> Readings:
    site = at.site
    home = 0.5 + 0.4 * (1 if at.air.hour >= 18 or at.air.hour < 7 else 0) * site.level
    wanted = [at.chance(f"socket {socket}", 16) < home * 0.85 for socket in range(site.size)]
    charging = sum(wanted)
    broken = at.chance("broken", 1) > 0.975
    power = 0.0 if broken else charging * (74.0 if site.kind == "dc" else 8.6)
    return {
        "availableCapacity": Reading(0 if broken else site.size - charging),
        "power": Reading(round(power * (1 + 0.1 * at.drift("power", 9)), 1), "KWT"),
        "status": Reading("outOfService" if broken else "working"),
    }


def _gauge(at: _Moment) -> Readings:
    air, kind = at.air, at.site.kind
    ripple = 0.03 * at.drift("ripple", 3)
    level = {
        "sea": air.tide + 2 * ripple,
        "river": air.tide_upstream + ripple,
        # Behind the sluices the level is kept; it follows the sea a little.
        "sluice": -0.4 + 0.05 * air.tide_upstream + 0.3 * ripple,
        "rain": -0.65 + 0.02 * air.rain + 0.02 * at.drift("level", 600),
    }[kind]
    water = 9.5 + 0.5 * (air.temperature - 9.5) + 0.5 * at.drift("water", 400)
    return {
        "waterLevel": Reading(round(level, 2), "MTR"),
        "waterTemperature": Reading(round(_clamp(water, 0.0, 27.0), 1), "CEL"),
    }


def _noise(at: _Moment) -> Readings:
    lively = at.site.kind == "lively"
    evening = 1.0 if at.air.weekend and (at.air.hour >= 20 or at.air.hour < 2) else 0.35
    source = 0.5 * evening if lively else at.site.level * at.bustle
    level = 42 + 29 * source**0.45 + 1.8 * at.drift("noise", 1.3) + 0.5 * min(at.air.rain, 6)
    mean = _clamp(level, 30.0, 95.0)
    return {
        "LAeq": Reading(round(mean, 1), "2N"),
        "LAmax": Reading(round(mean + 7 + 4 * abs(at.drift("peak", 0.8)), 1), "2N"),
    }


def _container(at: _Moment) -> Readings:
    # Emptied every `size` days at an hour of its own: a saw-tooth of time alone.
    start = at.site.level * at.site.size
    days = at.now.timestamp() / 86_400 + start
    filled = (days % at.site.size) / at.site.size * (0.55 + 0.6 * at.site.level)
    return {
        "fillingLevel": _share(filled),
        "status": Reading("full" if filled >= 0.9 else "ok"),
    }


def _bikes(at: _Moment) -> Readings:
    site = at.site
    # In the morning bikes go from the edge (level 1) to the middle (level 0); home in the evening.
    inward = 1 if 8 <= at.air.hour < 17 and not at.air.weekend else 0
    share = 0.5 + (0.5 - site.level) * (0.55 if inward else -0.45) + 0.2 * at.drift("bikes", 21)
    docked = round(site.size * _clamp(share, 0.0, 1.0))
    return {
        "availableBikeNumber": Reading(docked),
        "freeSlotNumber": Reading(site.size - docked),
        "status": Reading("empty" if docked == 0 else "full" if docked == site.size else "working"),
    }


def _bridge(at: _Moment) -> Readings:
    # Ships pass at set times by day, a third of the times that they could; never in a rush hour.
    busy = at.bustle > 0.8
    minute = at.now.minute % 20 + at.now.second / 60
    passes = 6 <= at.air.hour < 22 and not busy and at.chance("ship", 72) < 0.34
    raised = at.site.kind == "opens" and passes and 3 <= minute < 8.5
    return {"status": Reading("raised" if raised else "lowered")}


_MEASURE: Mapping[str, Callable[[_Moment], Readings]] = {
    "TrafficFlowObserved": _traffic,
    "AirQualityObserved": _air_quality,
    "WeatherObserved": _weather,
    "OffStreetParking": _garage,
    "Streetlight": _light,
    "EVChargingStation": _charger,
    "WaterLevelObserved": _gauge,
    "NoiseLevelObserved": _noise,
    "WasteContainer": _container,
    "BikeHireDockingStation": _bikes,
    "Bridge": _bridge,
}


def readings(site: Site, air: Climate, seed: int, now: datetime) -> Readings:
    """Return what a site measures, by attribute; nothing for one that does not measure."""
    measure = _MEASURE.get(site.type)
    return measure(_Moment(site, air, seed, now)) if measure else {}
