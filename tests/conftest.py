"""What tests of every kind share."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from hanze.identity import passwords

# Going through all objects, modules and vocabularies among them, at the usual pace takes a sixth of
# the tests' time.
gc.set_threshold(10_000, 10, 10)

ROOT = Path(__file__).resolve().parent.parent

# A busy machine is no failure; and what CI tries is the same each time, so that a red run speaks of
# the change. Examples that vary are for people's machines.
settings.register_profile(
    "local", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings, which are not in this repository.

    `HANZE_TEST_DATA` names it; else it is looked for beside the checkout.
    """
    named = os.environ.get("HANZE_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}; HANZE_TEST_DATA names the folder that has them")
    return folder


@pytest.fixture(autouse=True, scope="session")
def no_node_of_the_developer() -> None:
    """Forget which node whoever runs the tests works with: the pages tell to export HANZE_URL."""
    for name in ("HANZE_URL", "HANZE_DATA", "HANZE_TOKEN_FILE"):
        os.environ.pop(name, None)


@pytest.fixture(autouse=True, scope="session")
def hasher() -> Iterator[PasswordHasher]:
    """Keep passwords quickly: what it costs on purpose is a test of its own, which takes this."""
    with pytest.MonkeyPatch.context() as patch:
        slow = passwords._HASHER
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_HASHER", quick)
        yield slow
