"""Files that hold secrets: readable by the node alone, and never half written."""

import os
from pathlib import Path

__all__ = ["replace_secret"]


def replace_secret(path: Path, content: bytes) -> None:
    """Replace a file in one step, so that a reader never sees half of it.

    Raises:
        OSError: It cannot be written.
    """
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
