"""`hanze demo` as a process."""

from pathlib import Path

import httpx

from tests.running import start_node


def test_demo_should_show_a_simulated_city_and_say_where(tmp_path: Path) -> None:
    node = start_node(["demo", "--data", str(tmp_path), "--port", "0"])
    answer = httpx.get(f"{node.url}/ngsi-ld/v1/entities?local=true&limit=0&count=true")
    page = httpx.get(node.url, follow_redirects=True)
    said = node.stop()
    assert int(answer.headers["NGSILD-Results-Count"]) > 1500
    assert page.status_code == 200
    assert f"{node.url}/" in said.out
    assert "simulated" in said.out
    assert said.code == 0
