"""What of temporal evolutions is asked for, and how it is shown (CIM 009, 6.3.12, 6.18.3.2)."""

from dataclasses import dataclass
from enum import Enum

from hanze.broker.evolution_reading import Asked
from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.query.language import parse_languages
from hanze.ngsild.query.members import ID, TYPE
from hanze.ngsild.query.projection import Projection, parse_projection
from hanze.ngsild.representation.temporal import TemporalView
from hanze.ngsild.representation.view import View
from hanze.ngsild.temporal.model import Aggregation
from hanze.ngsild.temporal.moments import timeproperty_of
from hanze.ngsild.temporal.parse import parse_aggregation, parse_last_n, parse_temporal_query
from hanze.web.api.parameters import InvalidRequest, Parameters
from hanze.web.negotiation import Media, accepted_media, preferences

__all__ = [
    "TEMPORAL",
    "TEMPORAL_FORMATS",
    "TemporalFormat",
    "TemporalShowing",
    "showing_of_temporal",
]


class TemporalFormat(Enum):
    """The temporal representations: 4.5.6 in two lengths, 4.5.9 and 4.5.19."""

    NORMALIZED = "normalized"
    CONCISE = "concise"
    TEMPORAL_VALUES = "temporalValues"
    AGGREGATED_VALUES = "aggregatedValues"


#: What `format` and, deprecated, `options` call them (6.3.12).
TEMPORAL_FORMATS = {form.value: form for form in TemporalFormat}
_OPTIONS = frozenset({*TEMPORAL_FORMATS, "sysAttrs"})

#: URL parameters of both ways to read evolutions, beside those that select entities.
TEMPORAL = frozenset(
    {
        *("timerel", "timeAt", "endTimeAt", "timeproperty", "lastN"),
        *("aggrMethods", "aggrPeriodDuration", "format", "options"),
        *("attrs", "pick", "omit", "lang", "datasetId", "entityMap", "entityMapLifetime"),
    }
)


@dataclass(frozen=True, slots=True)
class TemporalShowing:
    """How evolutions are shown.

    Attributes:
        asked: Which part of them is read.
        version: NGSI-LD version that the answer is amended to (4.3.6.8).
    """

    media: Media
    format: TemporalFormat
    view: TemporalView
    asked: Asked
    version: str | None


def showing_of_temporal(
    parameters: Parameters,
    context: Context,
    *,
    accept: bytes | None,
    prefer: bytes | None,
    most: int,
) -> TemporalShowing:
    """Read what headers and parameters say of the part that is wanted, and its representation.

    Args:
        most: Instances that one answer may have.

    Raises:
        NotAcceptable: The Accept header allows none that there is; GeoJSON there is not (6.3.4).
        InvalidInput: A parameter is wrong, or contradicts another.
    """
    media = accepted_media(accept)
    keywords = parameters.options(_OPTIONS)
    form = _format(parameters, keywords)
    temporal = parse_temporal_query(
        timerel=parameters.get("timerel"),
        time_at=parameters.get("timeAt"),
        end_time_at=parameters.get("endTimeAt"),
        timeproperty=parameters.get("timeproperty"),
    )
    named = frozenset(context.expand_name(name) for name in parameters.listed("attrs"))
    projection = _projection(parameters, context)
    picked = _picked(projection)
    in_time = "timerel" in parameters
    view = View(
        sys_attrs="sysAttrs" in keywords,
        languages=parse_languages(parameters["lang"]) if "lang" in parameters else None,
    )
    return TemporalShowing(
        media=media,
        format=form,
        view=TemporalView(context, view, timeproperty_of(temporal), projection),
        asked=Asked(
            most=most,
            names=_names(named, projection),
            required=named or (picked if in_time else None) or None,
            requested=named or picked,
            datasets=parameters.dataset_ids(),
            temporal=temporal,
            last_n=parse_last_n(parameters.get("lastN")),
            aggregation=_aggregation(parameters, form),
        ),
        version=preferences(prefer).version,
    )


def _format(parameters: Parameters, keywords: frozenset[str]) -> TemporalFormat:
    """`format` takes precedence over its deprecated synonym in `options` (6.3.12)."""
    name = parameters.get("format")
    if name is not None:
        if name not in TEMPORAL_FORMATS:
            raise InvalidRequest(
                f"format must be among {', '.join(TEMPORAL_FORMATS)}",
                field="format",
                value=name,
                clause="6.3.12",
            )
        return TEMPORAL_FORMATS[name]
    named = [TEMPORAL_FORMATS[keyword] for keyword in keywords if keyword in TEMPORAL_FORMATS]
    if len(named) > 1:
        raise InvalidRequest(
            "options names more than one representation", field="options", clause="6.3.12"
        )
    return named[0] if named else TemporalFormat.NORMALIZED


def _aggregation(parameters: Parameters, form: TemporalFormat) -> Aggregation | None:
    """Read what is aggregated; it is only of use to the aggregated representation (5.2.21)."""
    if form is not TemporalFormat.AGGREGATED_VALUES:
        return None
    methods = parameters.listed("aggrMethods")
    return parse_aggregation(methods, parameters.get("aggrPeriodDuration"))


def _projection(parameters: Parameters, context: Context) -> Projection | None:
    projection = parse_projection(parameters.get("pick"), parameters.get("omit"), context)
    if projection is not None and projection.depth():
        raise InvalidInput(
            "Linked entities have no part in temporal evolutions",
            field="pick" if "pick" in parameters else "omit",
            clause="5.7.4.4",
        )
    return projection


def _picked(projection: Projection | None) -> frozenset[str]:
    """The attributes that are picked, the scope among them."""
    if projection is None or projection.pick is None:
        return frozenset()
    return frozenset(term.name for term in projection.pick) - {ID, TYPE}


def _names(named: frozenset[str], projection: Projection | None) -> frozenset[str] | None:
    """The attributes that have to be read; `None` for all but those that are omitted."""
    if projection is None:
        return named or None
    omitted = {term.name for term in projection.omit}
    if projection.pick is None:
        return named - omitted if named else None
    picked = _picked(projection)
    return (picked & named if named else picked) - omitted
