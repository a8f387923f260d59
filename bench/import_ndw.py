"""Import a national minute of traffic, beside a bare pass of lxml over the same two files.

    python bench/import_ndw.py                the recorded minute of 2016, where it is at hand
    python bench/import_ndw.py SITE_TABLE MEASUREMENTS
    python bench/import_ndw.py --generate     version 3 at national size, from our own generator

Without the recording (`HANZE_TEST_DATA` names its folder) the generated files take its place.

Each import runs in a process of its own, whose peak of memory is told; the second finds everything
there and changes nothing.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lxml import etree

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.datex3 import NATIONAL_SITES, write_measurements, write_site_table

HANZE = Path(sys.executable).parent / "hanze"


def bare_pass(path: Path) -> tuple[float, int]:
    """Time of lxml reading every element and keeping none, and the bytes of XML."""
    started = time.perf_counter()
    with path.open("rb") as packed:
        zipped = packed.read(2) == b"\x1f\x8b"
        packed.seek(0)
        stream = gzip.GzipFile(fileobj=packed) if zipped else packed
        for _, element in etree.iterparse(stream):
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
        size = stream.tell()
    return time.perf_counter() - started, size


def timed_import(arguments: list[str]) -> tuple[dict, float, float]:
    """Run an import; answer its report, its seconds and its peak of memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(HANZE), "import", "ndw", *arguments, "--json", "--quiet"], stdout=subprocess.PIPE
    )
    report = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"The import failed: {report.get('error')}")
    return report, time.perf_counter() - started, usage.ru_maxrss / 1024


def measure(table: Path, measurements: Path, data: Path) -> None:
    limit = 0.0
    for path in (table, measurements):
        seconds, size = bare_pass(path)
        limit += seconds
        print(f"{'bare lxml pass':24}{seconds:8.2f} s   {size / 1e6:6.0f} MB of XML  {path.name}")
    arguments = [str(table), str(measurements)]
    for name, more in (
        ("read only (--dry-run)", ["--dry-run"]),
        ("import", ["--data", str(data)]),
        ("the same again", ["--data", str(data)]),
    ):
        report, seconds, memory = timed_import([*arguments, *more])
        entities, values = report["entities"], report["values"]
        print(
            f"{name:24}{seconds:8.2f} s   {memory:6.0f} MB at most  {seconds / limit:4.1f} x bare"
            f"   new {entities['created']}, changed {entities['updated']},"
            f" unchanged {entities['unchanged']}"
        )
    sites = report["sites"]
    stored, none = (sum(values[name].values()) for name in ("stored", "noValue"))
    rest = values["total"] - stored - none
    print(f"sites joined {sites['joined']} of {report['siteTable']['sites']} in the table")
    print(f"values {values['total']} = {stored} stored + {none} without value + {rest} kept apart")


def recording() -> list[Path]:
    """Find the recorded minute of 9 September 2016; nothing when it is not at hand."""
    root = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    folder = Path(os.environ.get("HANZE_TEST_DATA", root)) / "live" / "ndw"
    names = ("measurement_2016-09-09T1300_v2.xml.gz", "trafficspeed_2016-09-09T1600_v2.xml.gz")
    files = [folder / name for name in names]
    return files if all(path.is_file() for path in files) else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="SITE_TABLE MEASUREMENTS")
    parser.add_argument("--generate", action="store_true")
    options = parser.parse_args()
    if len(options.files) not in {0, 2} or (options.files and options.generate):
        parser.error("give SITE_TABLE and MEASUREMENTS, or --generate, or nothing")
    with tempfile.TemporaryDirectory() as folder:
        files = options.files or ([] if options.generate else recording())
        if not files:
            print("generated files of version 3, at national size")
            files = [Path(folder) / "sites.xml.gz", Path(folder) / "values.xml.gz"]
            with gzip.open(files[0], "wb", 1) as stream:
                write_site_table(stream, NATIONAL_SITES)
            with gzip.open(files[1], "wb", 1) as stream:
                write_measurements(stream, NATIONAL_SITES)
        measure(*files, Path(folder) / "data")


if __name__ == "__main__":
    main()
