"""Which light is proposed, when it is dark, and what is said of it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hanze.insight.assessment import Assessment, Verdict
from hanze.insight.daylight import is_dark, sun_elevation
from hanze.insight.profile import Basis, Expected
from hanze.insight.scenarios import Scenario, propose
from hanze.insight.texts import LANGUAGES, Said, alert_title, reasons, scenario_text
from hanze.insight.watches import Role

EINDHOVEN = (5.48, 51.44)
SEOUL = (126.98, 37.57)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
FRIDAY_NIGHT = 1_767_999_600_000_000  # 2026-01-09T23:00:00Z


def at(score: float | None, basis: Basis = Basis.WEEK_TIME) -> Assessment:
    expected = Expected(100.0, 10.0, 6, basis)
    value = None if score is None else 100.0 + 10 * score
    return Assessment(FRIDAY_NIGHT, value, expected, score)


@pytest.mark.parametrize(
    ("moment", "place", "elevation"),
    [
        # Noon at the solstices: 90 - latitude +- 23.44 degrees.
        (datetime(2026, 6, 21, 11, 40, tzinfo=UTC), EINDHOVEN, 62.0),
        (datetime(2026, 12, 21, 11, 36, tzinfo=UTC), EINDHOVEN, 15.1),
        (datetime(2026, 6, 21, 3, 33, tzinfo=UTC), SEOUL, 75.9),
    ],
)
def test_sun_should_stand_where_the_almanac_has_it(
    moment: datetime, place: tuple[float, float], elevation: float
) -> None:
    assert sun_elevation(moment, *place) == pytest.approx(elevation, abs=0.2)


def test_it_should_be_dark_at_night_and_light_by_day() -> None:
    assert is_dark(datetime(2026, 6, 21, 23, tzinfo=UTC), *EINDHOVEN)
    assert not is_dark(datetime(2026, 6, 21, 19, tzinfo=UTC), *EINDHOVEN)
    assert not is_dark(datetime(2026, 12, 21, 3, tzinfo=UTC), *SEOUL)


@pytest.mark.parametrize(
    ("people", "sound", "wanted"),
    [
        (5.0, 5.0, Scenario.CALM),
        (0.0, 5.0, Scenario.CALM),
        (5.0, 0.0, Scenario.BRIGHT),
        (-5.0, 0.0, Scenario.DIM),
        (-5.0, 5.0, None),
        (0.0, 0.0, None),
        (None, None, None),
    ],
)
def test_light_should_fit_what_people_and_sound_say(
    people: float | None, sound: float | None, wanted: Scenario | None
) -> None:
    now: dict[Role, list[Assessment]] = {"people": [at(people)], "sound": [at(sound)]}
    assert propose(now, dark=True, usual=3.0) is wanted
    assert propose(now, dark=False, usual=3.0) is None


def test_light_should_not_be_proposed_when_counters_disagree() -> None:
    now: dict[Role, list[Assessment]] = {"people": [at(5.0), at(-5.0)]}
    assert propose(now, dark=True, usual=3.0) is None


def test_reasons_should_name_figures_unit_and_zone_in_every_language() -> None:
    said = (Said("LAeq", at(5.0), "2N"), Said("temperature", at(None)))
    texts = reasons(said, usual=3.0, zone=AMSTERDAM, since_us=FRIDAY_NIGHT)
    assert set(texts) == set(LANGUAGES)
    assert "150 dB" in texts["en"]
    assert "70 dB to 130 dB" in texts["en"]
    assert "Saturday around 00:00" in texts["en"]
    assert "zaterdag rond 00:00" in texts["nl"]
    assert "토요일" in texts["ko"]
    assert all("Europe/Amsterdam" in text for text in texts.values())
    assert "nothing was measured" in texts["en"]


def test_reasons_should_say_when_they_compare_with_other_days() -> None:
    texts = reasons((Said("no2", at(5.0, Basis.KIND_OF_DAY)),), usual=3.0, zone=AMSTERDAM)
    assert "such days" in texts["en"]


def test_reasons_should_say_that_too_little_is_known() -> None:
    unknown = Assessment(FRIDAY_NIGHT, 5.0, None, None)
    assert "too little history" in reasons((Said("no2", unknown),), usual=3, zone=AMSTERDAM)["en"]


def test_reasons_should_not_tell_few_people_apart() -> None:
    few = Assessment(FRIDAY_NIGHT, 2.0, Expected(3.0, 1.0, 6, Basis.WEEK_TIME), -1.0)
    text = reasons((Said("peopleCount", few, people=True),), usual=3, zone=AMSTERDAM)["en"]
    assert "fewer than 5 was measured" in text
    assert " 2 " not in text
    assert "-" not in text


def test_titles_and_scenarios_should_speak_every_language() -> None:
    for verdict in (Verdict.HIGHER, Verdict.LOWER):
        assert set(alert_title(verdict, "x")) == set(LANGUAGES)
    for scenario in Scenario:
        assert set(scenario_text(scenario)) == set(LANGUAGES)
