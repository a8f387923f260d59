"""Known events in a public series (NAB, nyc_taxi) are found, with few alarms beside them."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hanze.insight.assessment import Assessment, Standing, assess_all, standing
from hanze.insight.profile import Point, build_profile

PERIOD = 30 * 60_000_000
DAY = 48 * PERIOD


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def alarms(judged: list[Assessment]) -> list[tuple[int, int]]:
    """Start and end of every alert that the defaults of a watch would have made."""
    found: list[list[int]] = []
    open_now = False
    for place, one in enumerate(judged):
        last = judged[max(0, place - 11) : place + 1]
        follows = standing(last, deviations=6.0, persist=6, release=6)
        if follows is Standing.RAISE and not open_now:
            found.append([one.start_us, one.start_us])
        open_now = follows is Standing.RAISE or (open_now and follows is Standing.KEEP)
        if open_now:
            found[-1][1] = one.start_us
    return [(start, end) for start, end in found]


def test_every_event_should_raise_an_alert_and_few_others_do(shared_data: Path) -> None:
    folder = shared_data / "live" / "nab"
    if not folder.is_dir():
        pytest.skip(f"no recording at {folder}")
    rows = list(csv.reader((folder / "nyc_taxi.csv").read_text("utf-8").splitlines()))[1:]
    points: list[Point] = [(us(at), float(value)) for at, value in rows]
    labels = json.loads((folder / "labels" / "combined_windows.json").read_text("utf-8"))
    events = [(us(start), us(end)) for start, end in labels["realKnownCause/nyc_taxi.csv"]]

    judged: list[Assessment] = []
    for day in range(points[0][0], points[-1][0], DAY):
        profile = build_profile(
            points, until_us=day, period_us=PERIOD, zone=ZoneInfo("UTC"), weeks=6
        )
        judged += assess_all(profile, points, first_us=day, until_us=day + DAY)
    raised = alarms(judged)

    found = [any(start <= to and end >= of for start, end in raised) for of, to in events]
    outside = [
        start for start, end in raised if not any(start <= to and end >= of for of, to in events)
    ]
    assert found == [True] * 5
    # The median of four same week-times with a robust z had four outside too.
    assert len(outside) <= 4
