"""The command in the test's own process: over a data directory it is the same, and starts at once."""

import contextlib
import io
import os
import signal
import sys
from collections.abc import Mapping
from unittest.mock import patch

from hanze.cli.main import main
from tests.running import Finished, plain_environment

__all__ = ["hanze"]


def hanze(*arguments: str, environ: Mapping[str, str] | None = None) -> Finished:
    """Run a command to its end.

    Args:
        arguments: Of the command.
        environ: Variables for it; settings of the person who runs the tests are left out.
    """
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    handler, code = signal.getsignal(signal.SIGINT), 0
    with (
        patch.dict(os.environ, plain_environment(environ), clear=True),
        patch.object(sys, "stdin", io.StringIO()),
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
    ):
        try:
            main(arguments)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    signal.signal(signal.SIGINT, handler)
    out, err = (stream.detach().getvalue().decode() for stream in streams)
    return Finished(code, out, err)
