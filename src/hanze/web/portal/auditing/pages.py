"""The auditor's page: look into the log, see whether it is whole, take records along as a file."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import RedirectResponse, Response, StreamingResponse

from hanze.errors import InvalidInput
from hanze.governance.duties import has_duty, require_duty
from hanze.governance.logs.rendering import as_csv, as_json_lines, header_of_csv, kind_of
from hanze.governance.logs.search import AnyRecord, Logged, LogSearch
from hanze.governance.reasons import Reason
from hanze.governance.records.log import AuditRecord, DecisionRecord, ProcessingRecord
from hanze.identity.roles import AUDITOR, SECURITY_OFFICER
from hanze.web.portal.formats import parse_moment
from hanze.web.portal.forms import Given
from hanze.web.portal.site import Visit

__all__ = ["send", "show", "take"]

_PAGE: Final = 50
_LONGEST: Final = 500
_KINDS: Final = ("decision", "processing", "audit")
#: Fields of the form that are the texts of a search as they are.
_TEXTS: Final = (
    "actor",
    "organisation",
    "dataset",
    "agreement",
    "purpose",
    "activity",
    "trace",
    "subject",
    "name",
    "about",
)
#: All of its fields.
_FIELDS: Final = ("since", "until", "kind", "reason", *_TEXTS)


@dataclass(frozen=True, slots=True)
class Row:
    """A record as the page shows it.

    Attributes:
        kind: "decision", "processing" or "audit".
        who: The actor, or the pseudonym of the data subject.
        whom: The organisation.
        did: What was done.
        about: Ids of what it was done to.
        refused: Code, where it was refused.
        more: All that the record says, by name.
        trace_href: Leads to all records of its trace.
    """

    number: int
    kind: str
    at: datetime | None
    who: str
    whom: str
    did: str
    about: tuple[str, ...]
    allowed: bool | None
    refused: str
    more: tuple[tuple[str, str], ...]
    trace_href: str


async def show(visit: Visit) -> Response:
    """Show a page of records, the latest first; the security officer sees the state alone.

    Raises:
        DutyMissing: The caller is neither auditor nor security officer.
    """
    require_duty(visit.caller, AUDITOR, SECURITY_OFFICER)
    given = {name: value[:_LONGEST] for name, value in visit.request.query_params.items()}
    wrong: InvalidInput | None = None
    rows: Sequence[Row] = ()
    following = ""
    if has_duty(visit.caller, AUDITOR):
        try:
            search = _search(given, visit.site.zone)
            page = await visit.site.node.auditing.search(
                visit.caller, search, before=_before(given), limit=_PAGE, now=visit.now
            )
        except InvalidInput as error:
            wrong = error
        else:
            rows = [_row(visit, one) for one in page.records]
            asked = {name: given[name] for name in _FIELDS if name in given}
            following = _href(visit, asked | {"before": str(page.before)}) if page.before else ""
    return visit.page(
        "auditing/log.html",
        status=200 if wrong is None else 400,
        given={name: given.get(name, "") for name in _FIELDS},
        wrong=wrong,
        rows=rows,
        following=following,
        reads=has_duty(visit.caller, AUDITOR),
        kinds=_KINDS,
        reasons=[reason.value for reason in Reason],
        query=urlencode({name: given[name] for name in _FIELDS if given.get(name)}),
        verified=visit.site.node.auditing.verified,
        verified_at=_verified_at(visit),
        simulated=False,
    )


async def take(visit: Visit, given: Given) -> Response:
    """Verify the log, as was asked.

    Raises:
        DutyMissing: As `show`.
        InvalidInput: The form asks for something else.
    """
    if given.text("do") != "verify":
        raise InvalidInput("The form asks for nothing that this page does", field="do")
    await visit.site.node.auditing.verify(visit.caller, now=visit.now)
    return RedirectResponse(f"/{visit.language.code}/log#state", 303)


async def send(visit: Visit) -> Response:
    """Give all records that are looked for as a file.

    Raises:
        DutyMissing: The caller is no auditor.
        InvalidInput: There is no such file, or a time is none.
    """
    ending = visit.request.path_params["ending"]
    if ending not in ("jsonl", "csv"):
        raise InvalidInput("The log is there as jsonl and csv", field="ending", value=ending)
    given = {name: value[:_LONGEST] for name, value in visit.request.query_params.items()}
    search = _search(given, visit.site.zone)
    slices = await visit.site.node.auditing.download(visit.caller, search, now=visit.now)
    return StreamingResponse(
        _pieces(slices, is_csv=ending == "csv"),
        media_type="text/csv; charset=utf-8" if ending == "csv" else "application/jsonl",
        headers={"content-disposition": f'attachment; filename="log.{ending}"'},
    )


async def _pieces(slices: AsyncIterator[list[Logged]], *, is_csv: bool) -> AsyncIterator[bytes]:
    if is_csv:
        yield header_of_csv()
    async for some in slices:
        yield as_csv(some) if is_csv else as_json_lines(some)


def _search(given: dict[str, str], zone: tzinfo) -> LogSearch:
    """Read the form; times in it are those of the portal's zone."""
    refused = given.get("reason", "")
    kind = given.get("kind", "")
    if kind and kind not in _KINDS:
        raise InvalidInput("The log has no such records", field="kind", value=kind)
    return LogSearch(
        since=_moment(given, "since", zone),
        until=_moment(given, "until", zone),
        kind=kind,
        reason="" if refused == "any" else refused,
        allowed=False if refused == "any" else None,
        **{name: given.get(name, "").strip() for name in _TEXTS},
    )


def _moment(given: dict[str, str], name: str, zone: tzinfo) -> str:
    text = given.get(name, "").strip()
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
        utc = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("It must be a day and a time", field=name, value=text) from error
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def _before(given: dict[str, str]) -> int | None:
    text = given.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _verified_at(visit: Visit) -> datetime | None:
    verified = visit.site.node.auditing.verified
    return None if verified is None else parse_moment(verified.at)


def _row(visit: Visit, logged: Logged) -> Row:
    record = logged.record
    decision = record if isinstance(record, DecisionRecord) else None
    about = record.datasets if not isinstance(record, AuditRecord) else record.about
    return Row(
        number=logged.number,
        kind=kind_of(record),
        at=parse_moment(record.at),
        who=record.subject if isinstance(record, ProcessingRecord) else record.actor,
        whom=record.organisation,
        did=record.action if isinstance(record, DecisionRecord) else record.name,
        about=about,
        allowed=None if decision is None else decision.decision,
        refused="" if decision is None else decision.reason,
        more=_more(record),
        trace_href=_href(visit, {"trace": record.trace_id}) if record.trace_id else "",
    )


def _more(record: AnyRecord) -> tuple[tuple[str, str], ...]:
    """List everything that a record says under its own names, which files have, too."""
    said: dict[str, object] = msgspec.to_builtins(record)
    return tuple(
        (name, " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
        for name, value in said.items()
    )


def _href(visit: Visit, given: dict[str, str]) -> str:
    asked = urlencode({name: text for name, text in given.items() if text})
    return f"/{visit.language.code}/log?{asked}"
