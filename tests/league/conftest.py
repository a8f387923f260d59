"""What tests of several nodes share."""

from collections.abc import Iterator

import pytest

from tests.league.federation import Federation, federation


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    with federation(tmp_path_factory.mktemp("federation")) as started:
        yield started
