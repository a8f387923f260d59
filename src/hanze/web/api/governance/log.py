"""`/api/v1/governance/log`: the log for auditors; every look into it is in it."""

from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal

from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from hanze.governance.logs.auditing import Verified
from hanze.governance.logs.rendering import as_csv, as_json_lines, header_of_csv
from hanze.governance.logs.search import AnyRecord, Logged, LogSearch
from hanze.web.api.frame import Answer, ApiRoute, Ask, Taken
from hanze.web.caller import require_known

__all__ = ["ROUTES"]

_Text = Annotated[str, Meta(max_length=500)]


class LogAsked(Taken, frozen=True, kw_only=True):
    """What records have to say; what is left out asks for nothing.

    Attributes:
        since: DateTime: at this time or later.
        until: DateTime: before it.
        kind: Which of the logs.
        actor: Who asked, or did something.
        organisation: For whom.
        dataset: Id of a dataset.
        agreement: Id of an agreement, with "#version" or without.
        reason: Code: why something was refused.
        purpose: IRI.
        activity: Id of a processing activity.
        trace: Trace id.
        subject: Pseudonym of a data subject, or what the data calls it.
        name: What was done.
        about: Id of what it was done to, or what was asked for.
        allowed: Of decisions: whether it was.
    """

    since: _Text = ""
    until: _Text = ""
    kind: Literal["", "decision", "processing", "audit"] = ""
    actor: _Text = ""
    organisation: _Text = ""
    dataset: _Text = ""
    agreement: _Text = ""
    reason: _Text = ""
    purpose: _Text = ""
    activity: _Text = ""
    trace: _Text = ""
    subject: _Text = ""
    name: _Text = ""
    about: _Text = ""
    allowed: bool | None = None

    @property
    def search(self) -> LogSearch:
        return LogSearch(**{name: getattr(self, name) for name in LogSearch.__struct_fields__})


class LogPageAsked(LogAsked, frozen=True, kw_only=True):
    """A page of records.

    Attributes:
        before: Only records with a lower number: the `before` of the page that came last.
        limit: How many at most.
    """

    before: Annotated[int, Meta(ge=1)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class LogFileAsked(LogAsked, frozen=True, kw_only=True):
    """All records that say something, as a file.

    Attributes:
        format: JSON lines, or CSV.
    """

    format: Literal["jsonl", "csv"] = "jsonl"


class LoggedTold(Answer, frozen=True):
    """A record and its number in the log."""

    number: int
    record: AnyRecord


class LogPageTold(Answer, frozen=True):
    """Records, the latest first.

    Attributes:
        before: With this the next page is asked for; left out where there is none.
    """

    records: tuple[LoggedTold, ...]
    before: int | None = None


async def search(ask: Ask) -> LogPageTold:
    """Find records of the log, the latest first. That it was asked is logged."""
    require_known(ask.caller)
    asked = ask.parameters(LogPageAsked)
    page = await ask.node.auditing.search(
        ask.caller, asked.search, before=asked.before, limit=asked.limit, now=ask.now
    )
    told = tuple(LoggedTold(number=one.number, record=one.record) for one in page.records)
    return LogPageTold(records=told, before=page.before)


async def download(ask: Ask) -> Response:
    """Give all records that say something, as a file. That it was asked is logged."""
    require_known(ask.caller)
    asked = ask.parameters(LogFileAsked)
    slices = await ask.node.auditing.download(ask.caller, asked.search, now=ask.now)
    is_csv = asked.format == "csv"
    return StreamingResponse(
        _csv(slices) if is_csv else _json_lines(slices),
        media_type="text/csv; charset=utf-8" if is_csv else "application/jsonl",
        headers={"content-disposition": f'attachment; filename="log.{asked.format}"'},
    )


async def verify(ask: Ask) -> Verified:
    """Verify the whole chain of the log, and name the first record that is wrong."""
    require_known(ask.caller)
    return await ask.node.auditing.verify(ask.caller, now=ask.now)


async def _json_lines(slices: AsyncIterator[list[Logged]]) -> AsyncIterator[bytes]:
    async for some in slices:
        yield as_json_lines(some)


async def _csv(slices: AsyncIterator[list[Logged]]) -> AsyncIterator[bytes]:
    yield header_of_csv()
    async for some in slices:
        yield as_csv(some)


ROUTES: Final = (
    ApiRoute("GET", "/governance/log", search, answers=LogPageTold, parameters=LogPageAsked),
    ApiRoute(
        "GET",
        "/governance/log/download",
        download,
        parameters=LogFileAsked,
        media=("application/jsonl", "text/csv"),
    ),
    ApiRoute("GET", "/governance/log/state", verify, answers=Verified),
)
