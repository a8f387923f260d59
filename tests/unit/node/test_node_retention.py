"""What settings say of how long history is kept."""

from pathlib import Path

import pytest

from hanze.node.retention import keeping_rules
from hanze.settings import Retention, load_settings
from hanze.store.history.keeping import EVERYTHING, Keeping, RetentionUnusable

TRAFFIC = "https://smartdatamodels.org/dataModel.Transportation/TrafficFlowObserved"
PLAIN = "https://uri.etsi.org/ngsi-ld/default-context/TrafficFlowObserved"
HOUR = 3_600_000_000


def test_rules_should_come_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "hanze.toml").write_text(
        '[[retention]]\ntype = "TrafficFlowObserved"\nkeep_days = 400\nmeans_after_days = 30\n'
        '[[retention]]\ntype = "*"\nmeans_after_days = 90\nmeans_period = "P1D"\n'
    )
    rules = keeping_rules(load_settings(tmp_path, flags={}, environ={}).retention)
    assert rules.by_type[TRAFFIC] == rules.by_type[PLAIN] == Keeping(400, 30, HOUR)
    assert rules.of(["urn:other"]) == Keeping(None, 90, 24 * HOUR)
    assert rules.anything


def test_everything_should_be_kept_without_rules() -> None:
    rules = keeping_rules(())
    assert rules.of([TRAFFIC]) is EVERYTHING
    assert not rules.anything


@pytest.mark.parametrize(
    ("retention", "reason"),
    [
        ((Retention("A", means_after_days=3, means_period="P1M"),), "means_period must be one of"),
        ((Retention("A", keep_days=3, means_after_days=3),), "less than keep_days, 3"),
        ((Retention("*"), Retention("*", 3)), "another one for this type"),
        ((Retention("urn:x:A"), Retention("urn:x:A", 3)), "another one for this type"),
        ((Retention("a b"),), "type a b is not valid"),
    ],
)
def test_rule_should_be_refused_when_it_cannot_be_followed(
    retention: tuple[Retention, ...], reason: str
) -> None:
    with pytest.raises(RetentionUnusable, match=reason):
        keeping_rules(retention)
