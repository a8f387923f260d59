"""The servers that are measured: real processes, watched through /proc."""

import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Server", "echo", "node", "started"]

_TICKS = os.sysconf("SC_CLK_TCK")
_MEGABYTE = 1_048_576


@dataclass
class Server:
    """A started server.

    Attributes:
        url: Where it listens.
        process: The process.
        start_s: From start to its line "Listening on URL".
    """

    url: str
    process: subprocess.Popen[str]
    start_s: float

    def cpu_s(self) -> float:
        """Return the CPU time that all its threads have used."""
        text = Path(f"/proc/{self.process.pid}/stat").read_text("ascii")
        # The name in brackets may hold spaces: count from its end.
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory_mb(self) -> float:
        """Return its resident memory."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE

    def stop(self) -> float:
        """End it gracefully; return how long that took."""
        start = time.perf_counter()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        return time.perf_counter() - start

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.stop()


def started(command: list[str], log: Path, *, within_s: float) -> Server:
    start = time.perf_counter()
    with log.open("ab") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    if process.stdout is None:
        raise RuntimeError("The server has no output")
    while time.perf_counter() - start < within_s:
        if not select.select([process.stdout], [], [], 0.2)[0]:
            continue
        line = process.stdout.readline()
        if line.startswith("Listening on "):
            elapsed = time.perf_counter() - start
            return Server(line.split()[2].rstrip("/"), process, elapsed)
        if not line:
            break
    process.kill()
    process.wait()
    raise RuntimeError(f"{' '.join(command)} does not start; see {log}:\n{log.read_text()[-2000:]}")


def node(data: Path, *, within_s: float = 300) -> Server:
    """Start a node on a data directory."""
    hanze = Path(sys.executable).parent / "hanze"
    command = [str(hanze), "serve", "--data", str(data), "--port", "0", "--dev"]
    return started(command, data.parent / "node.log", within_s=within_s)


def echo(directory: Path) -> Server:
    """Start a bare uvicorn that answers what it was told to."""
    script = Path(__file__).with_name("echo_server.py")
    return started([sys.executable, str(script)], directory / "echo.log", within_s=30)
