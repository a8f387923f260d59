"""The rules of the record types, as the broker asks for them (`broker.ports.TypeRules`)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hanze.broker.ports import UnitOfWork
from hanze.collaboration.members import keep_moved
from hanze.collaboration.records.cooperation import (
    Accord,
    AccordSignature,
    Cooperation,
    CooperationStep,
    CountryLead,
    MentorProfile,
    Mentorship,
    WorkingGroup,
)
from hanze.collaboration.records.entities import InvalidRecord, read_record
from hanze.collaboration.records.gatherings import CityStory, MatchmakingDay, Participation
from hanze.collaboration.records.matches import Match
from hanze.collaboration.records.missions import (
    Event,
    FollowUp,
    Mission,
    MissionReport,
    TravelPermission,
    VoucherScheme,
)
from hanze.collaboration.records.needs import Demand, DemandBundle, ResearchQuestion
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.projects import LivingLab, PilotRecord, Project, Replication
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import RECORD_IRIS, type_of
from hanze.collaboration.records.residents import Comment, Contribution
from hanze.collaboration.rules.accords import (
    keep_accord_parties,
    keep_accord_status,
    keep_offered,
    keep_own_signature,
    keep_signature_digest,
    keep_signature_of_accord,
)
from hanze.collaboration.rules.bundles import (
    keep_bundle_status,
    keep_commitment,
    keep_demands,
    keep_lead,
    keep_members_matters,
    keep_own_decisions,
)
from hanze.collaboration.rules.comments import keep_buddies_to_live_tenders
from hanze.collaboration.rules.consistency import (
    keep_amounts,
    keep_codes,
    keep_days_in_order,
    keep_lasting,
    keep_slots,
)
from hanze.collaboration.rules.contributors import keep_contributors_own, keep_received
from hanze.collaboration.rules.cooperation import (
    keep_done,
    keep_own_side,
    keep_own_step,
    keep_step_kind,
    keep_tasks,
)
from hanze.collaboration.rules.demands import keep_bundle, keep_demand_status, keep_tender
from hanze.collaboration.rules.entered import (
    keep_consent,
    keep_outcome,
    keep_parental_consent,
    keep_question,
)
from hanze.collaboration.rules.follow_ups import (
    keep_ended,
    keep_own_follow_up,
    keep_own_report,
    keep_published,
    keep_sections,
    keep_updates,
)
from hanze.collaboration.rules.gatherings import (
    keep_day_status,
    keep_guests_own,
    keep_organiser,
    keep_plan,
    keep_setting,
    keep_wishes,
)
from hanze.collaboration.rules.leads import keep_one_lead, keep_own_lead, keep_sides
from hanze.collaboration.rules.matches import (
    keep_accepted,
    keep_decisions,
    keep_parties,
    keep_score,
)
from hanze.collaboration.rules.mentoring import (
    keep_mentorship_own,
    keep_mentorship_status,
    keep_pair,
    keep_profile_own,
    keep_room,
)
from hanze.collaboration.rules.missions import keep_event_zone, keep_mission, keep_programme
from hanze.collaboration.rules.money import (
    keep_approval,
    keep_closed,
    keep_own_money,
    keep_rates,
)
from hanze.collaboration.rules.projects import keep_stage_history, keep_stages, keep_stuck
from hanze.collaboration.rules.replications import (
    keep_answers,
    keep_credit,
    keep_replication_status,
)
from hanze.collaboration.rules.signature import keep_signature
from hanze.collaboration.rules.signed import keep_signed
from hanze.collaboration.rules.step import Rule, Step
from hanze.collaboration.rules.stories import keep_own_story, keep_sessions
from hanze.collaboration.rules.vouchers import (
    keep_budget,
    keep_conditions,
    keep_giver,
    keep_vouchers,
)
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity

__all__ = ["RULES", "CollectiveRules", "TwoTypesOfRecord"]

#: What is asked of each change of any record.
_OF_ALL: Final[tuple[Rule[Record], ...]] = (
    keep_lasting,
    keep_amounts,
    keep_days_in_order,
    keep_codes,
)

#: By record type: what more is asked of each of its changes, in order.
RULES: Final[Mapping[type[Record], tuple[Rule[Any], ...]]] = {
    Accord: (keep_accord_parties, keep_accord_status, keep_offered),
    AccordSignature: (keep_own_signature, keep_signature_digest, keep_signature_of_accord),
    CityStory: (keep_own_story, keep_sessions),
    Comment: (keep_buddies_to_live_tenders,),
    Contact: (keep_consent,),
    Contribution: (keep_received, keep_parental_consent, keep_outcome),
    Cooperation: (keep_own_side,),
    CooperationStep: (keep_step_kind, keep_own_step, keep_done),
    CountryLead: (keep_own_lead, keep_sides, keep_one_lead),
    Demand: (keep_demand_status, keep_bundle, keep_tender),
    DemandBundle: (
        *(keep_demands, keep_own_decisions, keep_commitment, keep_bundle_status, keep_lead),
        *(keep_tender, keep_members_matters),
    ),
    Event: (keep_event_zone,),
    FollowUp: (keep_own_follow_up, keep_ended, keep_updates),
    LivingLab: (keep_slots,),
    Match: (keep_parties, keep_score, keep_decisions, keep_accepted),
    Mission: (keep_mission, keep_programme),
    MissionReport: (keep_own_report, keep_published, keep_sections),
    MatchmakingDay: (keep_organiser, keep_setting, keep_plan, keep_day_status),
    Participation: (keep_guests_own, keep_wishes),
    MentorProfile: (keep_profile_own,),
    Mentorship: (keep_mentorship_own, keep_pair, keep_mentorship_status, keep_room),
    PilotRecord: (keep_signed, keep_signature),
    Project: (keep_stages, keep_stuck, keep_stage_history),
    Replication: (keep_answers, keep_replication_status, keep_credit),
    ResearchQuestion: (keep_question,),
    TravelPermission: (keep_own_money, keep_rates, keep_approval, keep_closed),
    VoucherScheme: (keep_giver, keep_vouchers, keep_conditions, keep_budget),
    WorkingGroup: (keep_tasks,),
}


class TwoTypesOfRecord(InvalidInput):
    """An entity would be of two types of record, and keep to the rules of one of them only."""

    def __init__(self, entity_id: str, types: Sequence[str]) -> None:
        super().__init__(
            f"Entity {entity_id} must be of one type of record, not of {', '.join(types)}",
            field="type",
            value=", ".join(types),
        )


class CollectiveRules:
    """Checks every change of a record: it must be as its schema says, and keep to its life cycle.

    Entities of other types pass at the cost of a look-up.
    """

    def check(
        self,
        uow: UnitOfWork,
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        *,
        now: str,
    ) -> None:
        """Let a change pass, or raise (`broker.ports.TypeRules.check`)."""
        keep_moved(uow, caller, after)
        keep_contributors_own(caller, before, after)
        kind = type_of(after.types) if after is not None else None
        was = type_of(before.types) if before is not None else None
        if kind is None and was is None:
            return
        old = _as_it_was(before)
        if was is not None and was is not kind:
            # What is now of another type is gone as a record of the one that it had.
            _apply(was, Step(uow, caller, old, None, None, now))
            old = None
        if kind is not None and after is not None:
            _check_types(after)
            new = read_record(after)
            _apply(kind, Step(uow, caller, old, new, after, now, before))
            if after.expires_at is not None:
                # It goes by itself, when nobody asks any more: it must be allowed to go now.
                _apply(kind, Step(uow, caller, new, None, None, now, after))


def _apply(kind: type[Record], step: Step[Record]) -> None:
    for rule in (*_OF_ALL, *RULES.get(kind, ())):
        rule(step)


def _check_types(entity: Entity) -> None:
    if len(entity.types) > 1:
        records = [RECORD_IRIS[iri].__name__ for iri in entity.types if iri in RECORD_IRIS]
        if len(records) > 1:
            raise TwoTypesOfRecord(entity.id, records)


def _as_it_was(entity: Entity | None) -> Record | None:
    """Read what is there; data from before its type had a schema may be anything."""
    if entity is None or type_of(entity.types) is None:
        return None
    try:
        return read_record(entity)
    except InvalidRecord:
        return None
