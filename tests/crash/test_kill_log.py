"""A process that is killed in the middle of logging leaves a log that is whole."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hanze.store.files import DATABASE
from hanze.store.log.head import read_head
from hanze.store.log.verifying import verify

pytestmark = pytest.mark.slow

_WRITER = Path(__file__).parent / "log_writer.py"


@pytest.mark.parametrize("seed", range(3))
def test_log_should_be_whole_and_hold_all_that_was_acknowledged_when_killed(
    tmp_path: Path, seed: int
) -> None:
    choose = random.Random(seed)
    last = 0
    for _ in range(4):
        with subprocess.Popen(
            [sys.executable, str(_WRITER), str(tmp_path), "5"], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            assert int(writer.stdout.readline()) > last
            time.sleep(choose.uniform(0.0, 0.3))
            writer.kill()
            lines = writer.stdout.read().split(b"\n")
        # The last line may have been cut off.
        acknowledged = max((int(one) for one in lines[:-1] if one), default=last)
        state = verify(tmp_path / DATABASE)
        assert state.whole, state.detail
        assert state.last == state.records >= acknowledged
        noted = read_head(tmp_path)
        assert noted is not None
        assert last < noted.number <= state.last
        last = state.last
