"""HTTPS from the node itself (CIM 009, 6.2)."""

import shutil
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.running import run_hanze, start_node


@pytest.fixture
def data(tmp_path: Path) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not there to make a certificate")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "chain.pem")),
        ],
        check=True,
        capture_output=True,
    )
    (tmp_path / "hanze.toml").write_text(
        '[server]\ntls_certificate = "chain.pem"\ntls_key = "key.pem"\n', encoding="utf-8"
    )
    return tmp_path


@pytest.mark.clause("6.2")
def test_a_node_with_a_certificate_should_speak_https(data: Path) -> None:
    node = start_node(["serve", "--dev", "--data", str(data), "--port", "0"])
    try:
        assert node.url.startswith("https://127.0.0.1:")
        trust = ssl.create_default_context(cafile=str(data / "chain.pem"))
        assert httpx.get(f"{node.url}/health", verify=trust).json()["status"] == "ok"
        old = ssl.create_default_context(cafile=str(data / "chain.pem"))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        assert httpx.get(f"{node.url}/health", verify=old).status_code == 200
    finally:
        node.stop()


def test_a_certificate_without_its_key_should_be_refused(data: Path) -> None:
    (data / "key.pem").unlink()
    refused = run_hanze("serve", "--dev", "--data", str(data), "--port", "0")
    assert refused.code == 2
    assert "key.pem" in refused.err
