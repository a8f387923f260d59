"""The built-in core contexts are those that ETSI publishes."""

import hashlib

import orjson
import pytest

from hanze.ngsild.terms import CORE_CONTEXT_URL, CORE_CONTEXTS, core_url_of

_V1 = "https://uri.etsi.org/ngsi-ld/v1/"

# Digests of the published files: the local context, sorted, without spaces.
_PUBLISHED = {
    "v1.6": "5e950dedda71abe54a86a894514648e8f72acb826bb93657a0ce77fcbb570bf0",
    "v1.7": "b96fd34cdfb80b4440c043754f44c8c61dff18544fe34a45cb96fa6e12b299e8",
    "v1.8": "1eb16680e6dcfae55d1fe16e2f4d7fc9888580db2e5460e4de0e40f9f165c27b",
    "v1.9": "3ed25ee406f32557c9254ed24348c4a4184502a1a33d5d227588624a51dfc69f",
}


@pytest.mark.clause("B")
@pytest.mark.parametrize("version", _PUBLISHED)
def test_core_context_should_equal_the_published_file(version: str) -> None:
    core = CORE_CONTEXTS[f"{_V1}ngsi-ld-core-context-{version}.jsonld"]
    canonical = orjson.dumps(core, option=orjson.OPT_SORT_KEYS)
    assert hashlib.sha256(canonical).hexdigest() == _PUBLISHED[version]


@pytest.mark.clause("4.4")
@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("ngsi-ld-core-context.jsonld", CORE_CONTEXT_URL),
        ("ngsi-ld-core-context-v1.9.jsonld", CORE_CONTEXT_URL),
        ("ngsi-ld-core-context-v1.8.jsonld", _V1 + "ngsi-ld-core-context-v1.8.jsonld"),
        ("ngsi-ld-core-context-v1.3.jsonld", _V1 + "ngsi-ld-core-context-v1.6.jsonld"),
        ("ngsi-ld-core-context-non-existing.jsonld", None),
    ],
)
def test_core_url_of_should_answer_older_versions_with_1_6(asked: str, answer: str | None) -> None:
    assert core_url_of(_V1 + asked) == answer


def test_core_url_of_should_leave_other_urls_alone() -> None:
    assert core_url_of("https://example.org/ngsi-ld-core-context-v1.9.jsonld") is None
