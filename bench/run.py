"""`make bench`: a real node under load, each figure beside its limit measured in the same run.

python bench/run.py                     100,000 and 1,000,000 entities; an hour
python bench/run.py --entities 100000   one size
python bench/run.py --quick             2,000 entities, a minute: whether it works at all
"""

import argparse
import shutil
import sys
from pathlib import Path

import orjson
from measuring import measure
from report import as_json, as_text

_SIZES = [100_000, 1_000_000]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entities", type=int, action="append", help="may be given several times")
    parser.add_argument("--quick", action="store_true", help="2,000 entities, two short runs")
    parser.add_argument("--runs", type=int, default=5, help="of each operation (default: 5)")
    parser.add_argument("--seconds", type=float, default=4, help="of a run (default: 4)")
    parser.add_argument("--json", action="store_true", help="all runs as JSON instead of a table")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(),
        help="where data is written: on a disk, not in memory (default: here)",
    )
    return parser.parse_args()


def main() -> int:
    asked = _arguments()
    if shutil.which("wrk") is None:
        print("wrk is missing: apt-get install wrk", file=sys.stderr)
        return 1
    sizes = asked.entities or ([2_000] if asked.quick else _SIZES)
    times = min(asked.runs, 2) if asked.quick else asked.runs
    seconds = min(asked.seconds, 2) if asked.quick else asked.seconds
    found = [
        measure(count, directory=asked.directory.resolve(), times=times, seconds=seconds)
        for count in sizes
    ]
    if asked.json:
        sys.stdout.buffer.write(orjson.dumps(as_json(found), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        print(as_text(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
