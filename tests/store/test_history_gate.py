"""The archive's files stay as they are while they are copied."""

import threading
from pathlib import Path

import pytest

from hanze.errors import StoreFailure
from hanze.store.history.gate import still, writing


def test_writing_should_wait_until_the_copy_is_done(tmp_path: Path) -> None:
    order: list[str] = []

    def write() -> None:
        with writing(tmp_path):
            order.append("written")

    with still(tmp_path):
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(0.05)
        order.append("copied")
    writer.join(5)
    assert order == ["copied", "written"]


def test_writers_should_not_wait_for_each_other(tmp_path: Path) -> None:
    with writing(tmp_path), writing(tmp_path):
        pass


def test_gate_should_say_when_the_directory_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StoreFailure, match="cannot be written"), writing(tmp_path / "none"):
        pass
