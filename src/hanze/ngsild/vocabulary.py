"""The vocabulary that Hanze's own data is written in, as an @context built into every node.

Its URL is https://w3id.org/hanze/v1.jsonld; a node never fetches it. Own terms are under
https://w3id.org/hanze/ns#. All others are those of Smart Data Models, under the IRIs of their
subjects (https://smartdatamodels.org/dataModel.Transportation/... as in the context file of the
subject), of schema.org, Dublin Core, DCAT and SKOS. A term occurs once: where two subjects share a
name (temperature in Weather and in Environment), the subject that is about it owns it.

Published names do not change their meaning: a new meaning is a new term.
"""

from collections.abc import Mapping
from typing import Final

from hanze.ngsild.context import Context, build_context
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.terms import (
    DATA_INTEGRITY_URL,
    HANZE_CONTEXT_URL,
    PROOF_TERMS,
)

__all__ = ["BUILT_IN_CONTEXTS", "HANZE", "HANZE_NS", "HANZE_VOCABULARY"]

HANZE_NS: Final = "https://w3id.org/hanze/ns#"

_MODELS = "https://smartdatamodels.org/"


def _under(namespace: str, terms: str) -> dict[str, JsonValue]:
    return {term: namespace + term for term in terms.split()}


def _references(namespace: str, terms: str) -> dict[str, JsonValue]:
    """Terms of Relationships, in the form that 4.4 asks for."""
    return {term: {"@id": namespace + term, "@type": "@id"} for term in terms.split()}


_TRANSPORTATION = _MODELS + "dataModel.Transportation/"
_ENVIRONMENT = _MODELS + "dataModel.Environment/"
_WEATHER = _MODELS + "dataModel.Weather/"
_PARKING = _MODELS + "dataModel.Parking/"
_LIGHTING = _MODELS + "dataModel.Streetlighting/"
_WASTE = _MODELS + "dataModel.WasteManagement/"
_WATER = _MODELS + "dataModel.WaterQuality/"
_GREEN = _MODELS + "dataModel.ParksAndGardens/"
_MOBILITY = _MODELS + "dataModel.UrbanMobility/"
_BUILDING = _MODELS + "dataModel.Building/"
_DEVICE = _MODELS + "dataModel.Device/"
_ALERT = _MODELS + "dataModel.Alert/"
_PLACE = _MODELS + "dataModel.PointOfInterest/"
_SCHEMA = "https://schema.org/"
_TERMS = "http://purl.org/dc/terms/"
_SKOS = "http://www.w3.org/2004/02/skos/core#"

#: Records of the collective (`hanze.collaboration.records`): who does what, who needs what.
_COLLECTIVE: Final[JsonObject] = {
    **_under(_SCHEMA, "Comment Country Organization Project email price telephone text"),
    **_references(_SCHEMA, "about funder"),
    "Contact": _SCHEMA + "ContactPoint",
    "Concept": _SKOS + "Concept",
    "Standard": _TERMS + "Standard",
    "altLabels": _SKOS + "altLabel",
    "concepts": _TERMS + "subject",
    "employees": _SCHEMA + "numberOfEmployees",
    "endedOn": _SCHEMA + "endDate",
    "identifier": _TERMS + "identifier",
    "languages": _SCHEMA + "availableLanguage",
    "notation": _SKOS + "notation",
    "startedOn": _SCHEMA + "startDate",
    "website": _SCHEMA + "url",
    "broader": {"@id": _SKOS + "broader", "@type": "@id"},
    "members": {"@id": _SCHEMA + "member", "@type": "@id"},
    "providers": {"@id": _SCHEMA + "provider", "@type": "@id"},
    "standards": {"@id": _TERMS + "conformsTo", "@type": "@id"},
    "themes": {"@id": "http://www.w3.org/ns/dcat#theme", "@type": "@id"},
    **_under(
        HANZE_NS,
        """BestPractice Contribution Demand DemandBundle LivingLab Match Municipality PilotRecord
        Platform Region Replication ResearchQuestion Solution Subsidy Theme

        adaptations ageGroup answer answers asPublished broaderConcept budget budgets
        buildingBlocks businessCase by cbsCode chairs channel citiesMinimum closes coFinancing competition
        conditions consentOn contributorKind countriesMinimum deadline decision decisions
        differences disciplines ends enteredBy equipment evaluation feedback hasNode
        hostingConditions inUseSince infrastructure isoCode joinedOn kind kostatCode
        launchingCustomer launchingOffer lessons longTermVision maturity measured meets
        memberships mergedFrom mostPerProject needsInfrastructure newStandard nutsCode offers
        openSource openStandard openness opens outcome outcomeOn parentalConsentOn partnerKinds
        partnersMinimum parts person personalData pitfalls populationYear practice priceModel
        problem product programme provenance question reasons receivedOn registration
        regulations relatedConcepts requirements residents residentsGroups result role
        rulesSetAside saidOn score sdg seeks sensor shareOfLead signature signedBy signedOn
        slots sourceDate stage stageHistory stageReason standardsBody starts statusReason
        stuckReasons stuckSince supporters tasks tender testEnvironment tested trl trlMaximum trlMinimum
        volume wantedFrom wantedUntil weights whatItDoes""",
    ),
    **_references(
        HANZE_NS,
        """became bundle buyers city coInvestors contacts contributions countries country creditTo
        demand demands district facilitator followers interested knowledgePartners lead
        leadCities leadsThemes livingLab mandatoryIn markets ministry ministryContact
        municipality openTo operators organization owners parties partners platform project
        projects provenIn region regions researchers resultProject runBy solution solutions
        sourceCity suppliers""",
    ),
}

HANZE_VOCABULARY: Final[JsonObject] = {
    "hanze": HANZE_NS,
    **_under(
        HANZE_NS,
        """Bridge Canal CitizenSensor City District Harbour Lake Neighbourhood Park River
        Sensor Sluice Square Street Tree UnmatchedMeasurements WaterBody
        WaterLevelObserved Waterway

        access accuracy area areaKind batteryVoltage bearing classification
        coResistance datasetVersion delay depth direction floors fractionOpen
        fromLocation height highestValue householdCount housingCount humidity index inhabitants
        land landUse lane lanes layer length locationRounded lowestValue measuredPeriod
        measurementEquipment measurementPeriod measurementSide measurementSite
        measurements no2Resistance numberOfInputValues numberOfLanes o3Resistance
        officialName opensForShips period place population power
        precipitationDuration quality raw roadKind roadNumber routeId
        scheduleRelationship sensorType side simulated site siteTable siteVersion
        snr species speciesName startDate stopId stopTimeUpdates sunshineDuration
        surface toLocation trafficStatus tripId unmatched usage usageKind
        vehicleClass vehicleLengthFrom vehicleLengthTo waterKind waterLevel
        waterTemperature width""",
    ),
    **_references(
        HANZE_NS,
        "crosses inCity inDistrict inNeighbourhood nextTo observes ofRiver ofSite servesTrip",
    ),
    "license": "http://purl.org/dc/terms/license",
    "publisher": "http://purl.org/dc/terms/publisher",
    "attribution": "https://schema.org/creditText",
    **_under(
        _MODELS,
        """address addressCountry addressLocality addressRegion alternateName areaServed
        contactPoint dataProvider dateCreated dateModified dateObserved image name owner
        postalCode seeAlso source streetAddress streetNr""",
    ),
    **_under(
        _TRANSPORTATION,
        """BikeHireDockingStation CityWork CrowdFlowObserved EVChargingStation ItemFlowObserved
        Road RoadAccident RoadSegment TrafficFlowObserved Vehicle

        allowedVehicleType availableBikeNumber availableCapacity averageGapDistance
        averageHeadwayTime averageVehicleLength averageVehicleSpeed capacity category chargeType
        congested dateObservedFrom dateObservedTo freeSlotNumber intensity laneDirection laneId
        maximumAllowedSpeed mileageFromOdometer network occupancy operator outOfServiceSlotNumber
        peopleCount reversedLane roadClass socketNumber socketType speed totalLaneNumber
        totalSlotNumber vehicleSubType vehicleType""",
    ),
    **_references(_TRANSPORTATION, "refDevice refPointOfInterest refRoad refRoadSegment"),
    **_under(
        _ENVIRONMENT,
        """AirQualityObserved ElectroMagneticObserved FloodMonitoring NoiseLevelObserved
        RainFallRadarObserved WaterObserved

        LAS LAeq LAeq_d LAmax airQualityIndex airQualityLevel c6h6 co co2 currentLevel flow nh3 no
        no2 noiseLevel nox o3 pm1 pm10 pm25 pm4 pressure reliability snowHeight so2 sonometerClass
        stationCode stationName swellHeight typeofLocation volatileOrganicCompoundsTotal""",
    ),
    **_under(
        _WEATHER,
        """WeatherAlert WeatherForecast WeatherObserved

        atmosphericPressure cloudCover dewPoint feelsLikeTemperature gustSpeed illuminance
        precipitation pressureTendency relativeHumidity solarRadiation streamGauge temperature
        uVIndexMax visibility weatherType windDirection windSpeed""",
    ),
    **_under(
        _PARKING,
        """OffStreetParking OnStreetParking ParkingGroup ParkingSpot

        availableSpotNumber occupancyDetectionType occupiedSpotNumber totalSpotNumber""",
    ),
    **_references(_PARKING, "refParkingSite"),
    **_under(
        _LIGHTING,
        """Streetlight StreetlightControlCabinet StreetlightGroup

        dateLastLampChange dateLastSwitchingOff dateLastSwitchingOn illuminanceLevel lampPower
        lanternHeight powerConsumption powerState""",
    ),
    **_references(_LIGHTING, "refStreetlightControlCabinet refStreetlightGroup"),
    **_under(_WASTE, "WasteContainer cargoWeight dateLastEmptying fillingLevel storedWasteKind"),
    **_under(_WATER, "WaterQualityObserved conductivity pH turbidity"),
    **_under(_GREEN, "Garden GreenspaceRecord soilMoistureVwc soilTemperature"),
    **_under(_BUILDING, "Building floorsAboveGround floorsBelowGround"),
    **_under(
        _DEVICE,
        "Device DeviceModel batteryLevel controlledProperty firmwareVersion rssi serialNumber",
    ),
    **_under(_ALERT, "Alert dateIssued severity subCategory validFrom validTo"),
    **_references(_ALERT, "alertSource"),
    **_under(
        HANZE_NS,
        """CareSensor LightScenarioProposal

        careClient decidedAt decidedBy deviation expectedValue measuredValue minutesMoved
        proposalStatus scenario timesUpAtNight""",
    ),
    **_references(HANZE_NS, "refersTo"),
    **_under(_MOBILITY, "GtfsTrip"),
    **_under(_PLACE, "PointOfInterest"),
    **_COLLECTIVE,
}

#: The contexts, beside the Core @contexts, that a node knows without fetching them.
#: Of Data Integrity only what it says outside proofs: its scoped terms count in `ngsildproof` alone.
BUILT_IN_CONTEXTS: Final[Mapping[str, JsonObject]] = {
    HANZE_CONTEXT_URL: HANZE_VOCABULARY,
    DATA_INTEGRITY_URL: {term: PROOF_TERMS[1][term] for term in ("proof", "DataIntegrityProof")},
}

#: The @context of connectors and the demo city.
HANZE: Final[Context] = build_context(HANZE_CONTEXT_URL, (HANZE_VOCABULARY,))
