"""`hanze import ndw` at national size: memory, and every value accounted for."""

import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.datex3 import NATIONAL_SITES, write_measurements, write_site_table

pytestmark = pytest.mark.slow

#: In MB: a third of it are Python and its libraries, a third what history holds before the archive.
MOST_MEMORY = 400


#: A process counts what the one that started it held as its own, so one that holds little starts it.
_MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def measured_import(*arguments: str) -> tuple[dict[str, Any], float]:
    """Run an import in a process of its own; answer its report and its peak of memory in MB."""
    hanze = str(Path(sys.executable).parent / "hanze")
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, hanze, "import", "ndw", *arguments, "--json"],
        capture_output=True,
        check=True,
    )
    return orjson.loads(done.stdout), int(done.stderr.split()[-1]) / 1024


def test_the_recorded_minute_should_be_stored_whole_and_once(
    shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "live/ndw"
    arguments = (
        str(folder / "measurement_2016-09-09T1300_v2.xml.gz"),
        str(folder / "trafficspeed_2016-09-09T1600_v2.xml.gz"),
        "--data",
        str(tmp_path),
    )
    report, memory = measured_import(*arguments)
    assert report["entities"]["created"] == report["sites"]["joined"] == 16_975
    assert report["values"]["total"] == 163_698
    assert sum(report["values"]["stored"].values()) == 133_564
    assert sum(report["values"]["noValue"].values()) == 30_134
    assert memory < MOST_MEMORY, memory
    again, _ = measured_import(*arguments)
    assert again["entities"]["unchanged"] == 16_975
    assert again["entities"]["created"] == again["entities"]["updated"] == 0


def test_version_3_at_national_size_should_be_streamed(tmp_path: Path) -> None:
    files = tmp_path / "sites.xml.gz", tmp_path / "values.xml.gz"
    with gzip.open(files[0], "wb", 1) as stream:
        write_site_table(stream, NATIONAL_SITES)
    with gzip.open(files[1], "wb", 1) as stream:
        written = write_measurements(stream, NATIONAL_SITES)
    report, memory = measured_import(*map(str, files), "--data", str(tmp_path / "data"))
    assert report["sites"]["joined"] == written.sites == NATIONAL_SITES
    assert report["values"] == {
        "total": written.values,
        "stored": dict(written.stored),
        "noValue": dict(written.no_value),
        "unmatched": {},
        "notSupported": {},
    }
    assert memory < MOST_MEMORY, memory
