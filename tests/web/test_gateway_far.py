"""Beyond this computer: TLS or nothing, and a token for whoever may start."""

import json
import signal
import socket
import ssl
import subprocess
import sys

import pytest
from faults.security_mqtt import Authority
from house import free_port
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from rehabsim.web.gateway import _listen

pytestmark = pytest.mark.realtime


def gateway(*words):
    """Start a gateway for a session that is not there."""
    urls = [f"tcp://127.0.0.1:{free_port()}" for _ in range(2)]
    words = ["--state-url", urls[0], "--request-url", urls[1], "--port", "0", *words]
    return subprocess.Popen(
        [sys.executable, "-m", "rehabsim.web.gateway", *words], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in ("console", "display"):
        (folder / f"{name}.html").write_text(name)
    return folder


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_without_tls_it_does_not_listen_where_others_can_reach_it(pages, host):
    with gateway("--host", host, "--pages", str(pages)) as process:
        said = json.loads(process.stdout.readline())
        assert process.wait(10) == 1
    assert said["is_usage"]
    assert "--certificate" in said["failed"]


def test_a_certificate_that_is_none_is_one_sentence(pages):
    paths = ("--certificate", str(pages / "console.html"), "--private-key", "nowhere.pem")
    with gateway("--host", "0.0.0.0", "--pages", str(pages), *paths) as process:
        said = json.loads(process.stdout.readline())
        assert process.wait(10) == 1
    assert said["failed"].startswith("gateway: certificate")


def test_with_tls_a_page_gets_in_by_its_own_name_alone_and_starts_by_the_token(pages, tmp_path):
    authority = Authority(tmp_path, "ca")
    certificate, key = authority.issue("localhost")
    words = ("--certificate", certificate, "--private-key", key, "--pages", str(pages))
    with gateway("--host", "0.0.0.0", *words) as process:
        said = json.loads(process.stdout.readline())
        assert said["ready"].startswith("https://localhost:")
        address, token = said["ready"], said["token"]
        trust = ssl.create_default_context(cafile=str(authority.path))
        url = address.replace("https", "wss") + "/ws?key=a"
        for origin in (address.replace("https", "http"), "https://evil.example", None):
            with pytest.raises(InvalidStatus):
                connect(url, ssl=trust, origin=origin and Origin(origin))
        with connect(url, ssl=trust, origin=Origin(address)) as page:
            assert answer(page, "arm").startswith("This page may watch and stop.")
            page.send(json.dumps({"k": "token", "token": token}))
            assert answer(page, "arm").startswith("The session does not answer")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert token not in process.stdout.read()


def test_a_small_answer_does_not_wait_for_the_one_before():
    with _listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP


def answer(page, name):
    page.send(json.dumps({"id": name, "name": name}))
    while True:
        said = json.loads(page.recv(timeout=5))
        if said["k"] == "ack":
            return said["reason"]
