"""The API against its own description, with what schemathesis makes up from it."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckContext
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hanze.web.api.openapi import openapi_document
from tests.fuzz.fuzzed import ApplicationUnderTest, check_answer

pytestmark = pytest.mark.slow

#: Of each operation, besides what schemathesis tries of each by itself: together some ten minutes.
_EXAMPLES = 60

# What is wrong with an item of a batch stands in its 207.
_REFUSALS = [400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422, 429, 504, 207]

config = SchemathesisConfig.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": _REFUSALS}}}
)


@schemathesis.serializer("application/vnd.apache.parquet", "text/csv")
def as_it_is(ctx: Any, value: Any) -> bytes:  # what schemathesis calls
    """Send a file that it made up as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


schema = schemathesis.openapi.from_dict(dict(openapi_document()), config=config)
schema.app = ApplicationUnderTest()


def answer_is_sound(
    ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """No failure of the node, and problems as 5.5.3 and RFC 9457 have them."""
    headers = {name.lower(): values[0] for name, values in response.headers.items()}
    check_answer(case.method, response.status_code, headers, response.content, path=case.path)


@schema.parametrize()
@settings(max_examples=_EXAMPLES, suppress_health_check=list(HealthCheck))
def test_api_should_answer_as_it_is_described(case: Any) -> None:
    case.call_and_validate(
        checks=[
            answer_is_sound,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
            negative_data_rejection,
        ]
    )
