"""The stores that the suite runs on; a second one joins by a second parameter."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hanze.store.store import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "data")
    yield opened
    await opened.close()
