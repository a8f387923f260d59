"""What operations say of sources that failed."""

import pytest

from hanze.broker.distribution.ports import FailureKind, SourceFailed
from hanze.broker.distribution.warnings import (
    BadGateway,
    GatewayTimeout,
    LoopDetected,
    error_of,
    fitting,
    stale_warning,
    warning_of,
    warnings_in,
)
from hanze.errors import HanzeError
from hanze.web.problems import problem_of

pytestmark = pytest.mark.clause("6.3.17")


def _failure(kind: FailureKind, text: str = "It failed") -> SourceFailed:
    return SourceFailed(text, registration_id="urn:ngsi-ld:R:1", kind=kind)


@pytest.mark.parametrize(
    ("kind", "code", "meaning", "error", "status"),
    [
        (FailureKind.TIMEOUT, 199, "Miscellaneous Warning", GatewayTimeout, 504),
        (FailureKind.LOOP, 199, "Miscellaneous Warning", LoopDetected, 508),
        (FailureKind.INVALID, 111, "Revalidation Failed", BadGateway, 502),
        (FailureKind.REFUSED, 299, "Miscellaneous Persistent Warning", BadGateway, 502),
    ],
)
def test_a_failure_should_have_the_code_and_the_status_of_the_standard(
    kind: FailureKind, code: int, meaning: str, error: type[HanzeError], status: int
) -> None:
    failure = _failure(kind)
    assert warning_of(failure, "hanze-1") == f'{code} hanze-1 "{meaning}: It failed"'
    assert type(error_of(failure)) is error
    assert problem_of(error_of(failure)).status == status


def test_warning_of_should_hold_nothing_that_breaks_a_header() -> None:
    text = 'a "quoted"\r\nX-Evil: 1 \\ café ' + "x" * 1000
    warning = warning_of(_failure(FailureKind.REFUSED, text), "hanze-1")
    assert warning.startswith(
        '299 hanze-1 "Miscellaneous Persistent Warning: a \\"quoted\\" X-Evil: 1 \\\\ caf  x'
    )
    assert warning.isascii()
    assert warning.isprintable()
    assert len(warning) < 500


def test_stale_warning_should_name_the_registration() -> None:
    warning = stale_warning("urn:ngsi-ld:R:1", "hanze-1")
    assert (
        warning
        == '110 hanze-1 "Response is Stale: An earlier answer to urn:ngsi-ld:R:1 was used again"'
    )


def test_warnings_of_a_source_should_be_read_back_as_they_were_written() -> None:
    own = [
        warning_of(_failure(FailureKind.LOOP, 'a "quoted", \\ text'), "hanze-1.tenant"),
        stale_warning("urn:ngsi-ld:R:1", "hanze-2"),
    ]
    assert list(warnings_in(", ".join(own))) == own
    assert warnings_in('299 a "x", 500 b "y", nonsense, 199 c') == ('299 a "x"',)
    assert len(warnings_in('299 a "x", ' * 1000)) == 20


def test_warnings_should_fit_into_the_head_of_an_answer() -> None:
    several = [f'199 here "Miscellaneous Warning: source {number}"' for number in range(1_000)]
    kept = fitting([*several[:2], *several])
    assert kept[:-1] == several[: len(kept) - 1]
    assert sum(map(len, kept)) < 4_100
    left_out = len(several) - len(kept) + 1
    assert kept[-1] == (f'199 here "Miscellaneous Warning: {left_out} more warnings are left out"')
    assert fitting(several[:3]) == several[:3]
