"""What the pages tell people to write into `hanze.toml` is taken by the node."""

import re
import tomllib
from pathlib import Path

import pytest

from hanze.connectors.decoders import load_connector, streaming_connectors
from hanze.connectors.source_record import SourceRecord, checked

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [DOCS / "sources-catalogue.md", *sorted((DOCS / "connectors").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_of_sources_should_be_valid(page: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    for block in blocks:
        if "[[source]]" not in block:
            continue
        for source in tomllib.loads(block)["source"]:
            more = {key: value for key, value in source.items() if key not in {"name", "connector"}}
            record = SourceRecord(source["name"], source["connector"], more)
            options = checked(record, load_connector(record.connector))
            assert options["how"] in {"poll", "mqtt", "push"}


def test_catalogue_should_name_every_connector_that_streams() -> None:
    catalogue = PAGES[0].read_text(encoding="utf-8")
    assert [one.name for one in streaming_connectors() if f"`{one.name}`" not in catalogue] == []
