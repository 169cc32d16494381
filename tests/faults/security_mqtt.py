"""The shipped broker settings on the real broker, with certificates made on the spot."""

import asyncio
import contextlib
import datetime
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import aiomqtt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from faults.figures import Row

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
SETTINGS = Path(__file__).parents[2] / "simulator" / "mqtt"
DEVICES = ("imu-1", "plates-2", "listener", "auditor")
TOPICS = (
    "rehabsim/imu-1/imu_lumbar",
    "rehabsim/imu-1/status",
    "rehabsim/plates-2/harness",
    "rehabsim/listener/status",
    "rehabsim/auditor/x",
    "rehabsim/command",
    "rehabsim/imu-1x/y",
    "rehabsim",
    "belts/command",
    "command",
    "#x",
)
AUDITOR = "\nuser auditor\ntopic read #\n"
"""Added for the test alone: it sees what the broker lets through."""

QUIET_S = 0.6


def may_write(device: str, topic: str) -> bool:
    return topic.startswith(f"rehabsim/{device}/")


class Authority:
    """Signs certificates into a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.path = folder / f"{name}.crt"
        self._certificate = self._sign(name, self._key, is_authority=True)
        self._save(name, self._key, self._certificate)

    def issue(self, name: str) -> tuple[str, str]:
        """Return the paths of a new certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._save(f"{self.name}-{name}", key, self._sign(name, key, is_authority=False))

    def _sign(
        self, name: str, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if is_authority else self._certificate.subject
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        builder = x509.CertificateBuilder(issuer, subject, key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - day).not_valid_after(now + day)
        limits = x509.BasicConstraints(ca=is_authority, path_length=None)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        builder = builder.add_extension(limits, critical=True).add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def _save(
        self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> tuple[str, str]:
        paths = (self.folder / f"{name}.crt", self.folder / f"{name}.private")
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        kind, no = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, no))
        return str(paths[0]), str(paths[1])


@contextlib.contextmanager
def broker(folder: Path, authority: Authority) -> Iterator[int]:
    """Run the broker with the shipped settings; yield its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    certificate, key = authority.issue("localhost")
    (folder / "acl").write_text((SETTINGS / "acl").read_text() + AUDITOR)
    (folder / "acl").chmod(0o600)
    text = (SETTINGS / "mosquitto.conf").read_text()
    for old, new in (
        ("listener 8883", f"listener {port} 127.0.0.1"),
        ("/etc/mosquitto/certs/ca.crt", str(authority.path)),
        ("/etc/mosquitto/certs/broker.crt", certificate),
        ("/etc/mosquitto/certs/broker.key", key),
        ("/etc/mosquitto/acl", str(folder / "acl")),
    ):
        assert old in text
        text = text.replace(old, new)
    # Started by root it would become somebody who cannot read a test's folder.
    text += "\nuser root\n" if os.getuid() == 0 else ""
    (folder / "mosquitto.conf").write_text(text)
    assert MOSQUITTO is not None
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([MOSQUITTO, "-c", str(folder / "mosquitto.conf")], **quiet) as process:
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def _client(
    port: int, authority: Authority, files: tuple[str, str] | None, name: str
) -> aiomqtt.Client:
    context = ssl.create_default_context(cafile=str(authority.path))
    if files is not None:
        context.load_cert_chain(*files)
    return aiomqtt.Client("localhost", port, identifier=name, tls_context=context, timeout=1.5)


def rows(folder: Path) -> list[Row]:
    """Return who gets in, and who may write what."""
    ours, theirs = Authority(folder, "ca"), Authority(folder, "other")
    certificates = {name: ours.issue(name) for name in DEVICES}
    with broker(folder, ours) as port:

        async def go() -> list[Row]:
            seen, retained, heard = await _matrix(port, ours, certificates)
            refused = await _intruders(port, ours, theirs)
            return [_matrix_row(seen, retained, heard), refused]

        return asyncio.run(go())


async def _matrix(
    port: int, ours: Authority, certificates: dict[str, tuple[str, str]]
) -> tuple[set[str], set[str], set[str]]:
    """Return which (device topic) pairs went through, which were kept, what devices could read."""
    seen: set[str] = set()
    heard: set[str] = set()
    async with contextlib.AsyncExitStack() as stack:
        ears = {}
        for name in DEVICES:
            ears[name] = _client(port, ours, certificates[name], f"{name}-ear")
            await stack.enter_async_context(ears[name])
            await ears[name].subscribe("#")
        for name in DEVICES:
            async with _client(port, ours, certificates[name], name) as client:
                for topic in TOPICS:
                    with contextlib.suppress(aiomqtt.MqttError, ValueError):
                        await client.publish(topic, f"{name} {topic}", qos=1, retain=True)
        for name, ear in ears.items():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(QUIET_S):
                    async for message in ear.messages:
                        text = bytes(message.payload).decode()
                        (seen if name == "auditor" else heard).add(
                            text if name == "auditor" else f"{name} < {text}"
                        )
    retained = set()
    async with _client(port, ours, certificates["auditor"], "late") as late:
        await late.subscribe("#")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET_S):
                async for message in late.messages:
                    retained.add(bytes(message.payload).decode())
    return seen, retained, heard


def _matrix_row(seen: set[str], retained: set[str], heard: set[str]) -> Row:
    pairs = [f"{device} {topic}" for device, topic in product(DEVICES, TOPICS)]
    allowed = {pair for pair in pairs if may_write(*pair.split(" "))}
    spies = {line for line in heard if not line.startswith("listener < ")}
    missing = {f"listener < {pair}" for pair in allowed} - heard
    commands = {pair for pair in retained if "command" in pair}
    failures = len(seen ^ allowed) + len(retained - allowed) + len(spies) + len(missing)
    note = (
        f"{len(allowed)} pairs allowed, {len(commands)} retained commands kept,"
        f" {len(spies)} messages read by devices"
    )
    what = "MQTT: every device × topic, QoS 1, retained"
    return Row(what, len(pairs), failures + len(commands), bar="as the ACL says", note=note)


async def _intruders(port: int, ours: Authority, theirs: Authority) -> Row:
    attempts = (None, theirs.issue("imu-1"))
    entered = 0
    for number, files in enumerate(attempts):
        with contextlib.suppress(aiomqtt.MqttError, OSError):
            async with _client(port, ours, files, f"intruder-{number}") as client:
                await client.publish("rehabsim/imu-1/imu_lumbar", "x", qos=1)
                entered += 1
    with contextlib.suppress(aiomqtt.MqttError, OSError):
        async with aiomqtt.Client("localhost", port, identifier="clear", timeout=1.5) as client:
            await client.publish("rehabsim/imu-1/imu_lumbar", "x", qos=1)
            entered += 1
    what = "MQTT: without a certificate, with another authority's, without TLS"
    return Row(what, 3, entered, bar="0 get in")
