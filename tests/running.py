"""Real nodes for tests: the command in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.classified import classify_directory

__all__ = ["Finished", "RunningNode", "plain_environment", "run_hanze", "start_node"]

_HANZE = Path(sys.executable).parent / "hanze"


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class RunningNode:
    """A node that answers at `url`."""

    url: str
    process: subprocess.Popen[str]

    def stop(self, number: int = signal.SIGTERM) -> Finished:
        """Send a signal and wait for the end; again when it has ended already."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=30)
        return Finished(self.process.returncode, out, err)


def run_hanze(*arguments: str, environ: Mapping[str, str] | None = None) -> Finished:
    """Run a command to its end."""
    done = subprocess.run(
        [str(_HANZE), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
        env=plain_environment(environ),
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def start_node(
    arguments: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    classified: bool = True,
) -> RunningNode:
    """Start `hanze ARGUMENTS` and wait for its address.

    Args:
        arguments: Of the command.
        environ: Variables for it.
        classified: Whether all data is open in a directory that is served without `--dev`.

    Raises:
        AssertionError: It ended first; the message is what it said.
    """
    if classified and arguments[0] == "serve" and "--dev" not in arguments:
        _classify(arguments)
    process = subprocess.Popen(
        [str(_HANZE), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=plain_environment(environ),
    )
    assert process.stdout is not None
    line = _first_line(process.stdout.fileno())
    if not line.startswith("Listening on "):
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"No address in {line + out!r}; the log: {err}")
    return RunningNode(line.removeprefix("Listening on ").strip(), process)


def _classify(arguments: Sequence[str]) -> None:
    if "--data" in arguments:
        classify_directory(Path(arguments[arguments.index("--data") + 1]))


def _first_line(descriptor: int) -> str:
    """Read a line and not a byte more: what a buffer takes ahead, `communicate` does not see."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(descriptor, 1)):
        line += byte
    return line.decode()


def plain_environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """Leave out settings of the person who runs the tests."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HANZE_")}
    return plain | dict(extra or {})
