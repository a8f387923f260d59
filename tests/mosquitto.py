"""A real MQTT broker for tests: Mosquitto in a process of its own."""

import asyncio
import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = [
    "PASSWORD",
    "USER",
    "Broker",
    "mosquitto",
    "require_mosquitto",
    "write_certificate",
]

USER, PASSWORD = "reader", "s3cr%t/@"


@dataclass(slots=True)
class Broker:
    """A running broker.

    Attributes:
        port: Open to everyone.
        closed_port: Needs `USER` and `PASSWORD`.
        tls_port: Speaks TLS, with the certificate `authority` for localhost.
    """

    port: int
    closed_port: int
    tls_port: int
    authority: Path
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def require_mosquitto() -> str:
    """Return the path of the broker; skips the test where there is none."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if found is not None:
        return found
    reason = "Mosquitto is not installed (apt-get install mosquitto)"
    if os.environ.get("HANZE_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@asynccontextmanager
async def mosquitto(folder: Path, *, port: int | None = None) -> AsyncIterator[Broker]:
    """Run a broker.

    Args:
        folder: For its configuration.
        port: Of the open listener; a free one without it.
    """
    ports = (port or _free_port(), _free_port(), _free_port())
    process = _start(folder, ports)
    try:
        await _answering(ports[0])
        yield Broker(ports[0], ports[1], ports[2], folder / "cert.pem", process)
    finally:
        process.kill()
        process.wait()


def _start(folder: Path, ports: tuple[int, int, int]) -> subprocess.Popen[bytes]:
    program = require_mosquitto()
    write_certificate(folder)
    passwords = folder / "passwords"
    passwords.write_text(f"{USER}:{PASSWORD}\n")
    passwords.chmod(0o600)
    hashing = shutil.which("mosquitto_passwd") or "/usr/bin/mosquitto_passwd"
    subprocess.run([hashing, "-U", str(passwords)], check=True)
    configuration = folder / "mosquitto.conf"
    user = "" if os.geteuid() else "user root\n"
    configuration.write_text(
        f"{user}per_listener_settings true\nmax_inflight_messages 0\n"
        f"listener {ports[0]} 127.0.0.1\nallow_anonymous true\n"
        f"listener {ports[1]} 127.0.0.1\npassword_file {passwords}\nallow_anonymous false\n"
        f"listener {ports[2]} 127.0.0.1\nallow_anonymous true\n"
        f"certfile {folder / 'cert.pem'}\nkeyfile {folder / 'key.pem'}\n"
    )
    return subprocess.Popen([program, "-c", str(configuration)], stderr=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answering(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


def write_certificate(folder: Path) -> None:
    """Write `cert.pem` for localhost, which signs itself, and `key.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
