"""The demo city says who may read what of it."""

import pytest

from hanze.connectors import simulation
from hanze.connectors.simulation.care import CARE_SENSOR
from hanze.connectors.simulation.governed import AGREEMENT, CARE
from hanze.governance.decision import Asked
from hanze.governance.purposes import purpose_iri
from hanze.governance.reasons import AccessDenied, PurposeRequired, Reason
from hanze.governance.records.dataset import AccessRights
from hanze.governance.stewarding.classes import unclassified
from hanze.identity.caller import ANONYMOUS, Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.settings import Settings
from tests.in_process import node_in_memory

CITY = "urn:ngsi-ld:Municipality:hanze:aldermonde"
UNIVERSITY = "urn:ngsi-ld:Organization:aldermonde:uni-aldermonde"
ASKED = Asked(types=(frozenset({HANZE.expand_name(CARE_SENSOR)}),))
HEALTH = "sector-health:"


@pytest.mark.slow
async def test_all_of_the_city_should_be_open_but_care_sensors() -> None:
    async with node_in_memory(Settings(data=None)) as node:
        await simulation.seed(node)
        await simulation.govern(node)
        version = node.governance.rules.version
        await simulation.govern(node)
        rules, gate, now = node.governance.rules, node.store.gate, node.clock()
        assert rules.version == version
        there = ((part.types, part.count) for part in node.store.summary(""))
        assert unclassified(rules.datasets.values(), "", there) == ()
        closed = {o.id for o in rules.datasets.values() if o.access_rights != AccessRights.PUBLIC}
        assert closed == {CARE}
        assert rules.agreements[AGREEMENT].assignee == UNIVERSITY
        with pytest.raises(PurposeRequired):
            gate.check(ANONYMOUS, ASKED, now)
        for organisation, purpose, reason in (
            (CITY, "HomeCareManagement", None),
            (CITY, "FraudPreventionDetection", Reason.PURPOSE_MISMATCH),
            (UNIVERSITY, "HealthcareScientificResearch", None),
            (UNIVERSITY, "FraudPreventionDetection", Reason.PURPOSE_MISMATCH),
            ("urn:x:insurer", "HealthcareScientificResearch", Reason.NO_AGREEMENT),
        ):
            caller = Caller("someone", organisation, purpose=purpose_iri(HEALTH + purpose))
            if reason is None:
                gate.check(caller, ASKED, now)
                continue
            with pytest.raises(AccessDenied) as refused:
                gate.check(caller, ASKED, now)
            assert refused.value.reason is reason
        open_air = Asked(types=(frozenset({HANZE.expand_name("AirQualityObserved")}),))
        gate.check(ANONYMOUS, open_air, now)
