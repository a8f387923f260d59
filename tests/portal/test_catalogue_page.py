"""The catalogue for people: licences, downloads, and what programs find in the page."""

import httpx

from hanze.catalogue.harvested import Elsewhere, Harvest
from hanze.node.node import Node


async def test_catalogue_page_should_say_what_is_offered(
    city_node: Node, city: httpx.AsyncClient
) -> None:
    there = Elsewhere(
        id="https://a.example/air",
        title={"nl": "Lucht <b>"},
        publisher="Deventer",
        access_rights="PUBLIC",
        page="https://a.example/air.html",
    )
    harvest = Harvest(
        id="https://a.example/",
        name="Deventer",
        read_at="2026-06-01T12:00:00Z",
        problem="No answer",
        datasets=(there,),
    )
    city_node.catalogue.harvests.kept.publish(harvest)
    for code in ("en", "nl", "ko"):
        answer = await city.get(f"/{code}/catalogue")
        assert answer.status_code == 200
        assert "publicdomain/zero" in answer.text
        assert "entities.csv" in answer.text
        assert 'typeof="Dataset"' in answer.text
        assert 'href="/api/v1/catalogue.jsonld"' in answer.text
        assert "Lucht &lt;b&gt;" in answer.text
        assert "Deventer" in answer.text


async def test_catalogue_page_should_say_how_to_begin_when_nothing_is_offered(
    empty: httpx.AsyncClient,
) -> None:
    answer = await empty.get("/nl/catalogue")
    assert answer.status_code == 200
    assert "hanze catalogue harvest ADDRESS" in answer.text
