"""Hostile pages and paths at the gateway's door, without a network: its application is called."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from faults.corpora import PORT, doors, paths
from faults.figures import Row
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from rehabsim.web.door import own_names, page_app

SECRET = b"nobody may read this"
SECRET_NAME = "secret.txt"


class Stage:
    """The pages' application over a folder of its own, beside a secret; counts what it lets in."""

    def __init__(self, folder: Path) -> None:
        pages = folder / "pages"
        (pages / "assets").mkdir(parents=True)
        for name in ("console.html", "display.html", "assets/a.js"):
            (pages / name).write_text("public")
        for place in (folder, pages):
            (place / SECRET_NAME).write_bytes(SECRET)
        (pages / "assets" / "link").symlink_to(folder)
        self.opened = 0
        names = own_names("127.0.0.1", PORT, [])
        self.app = page_app(pages, names, [WebSocketRoute("/ws", self._serve)])

    async def _serve(self, page: WebSocket) -> None:
        self.opened += 1
        await page.accept()
        await page.close()

    async def call(
        self,
        path: str,
        method: str = "GET",
        headers: list[tuple[str, str]] | None = None,
        body: bytes = b"",
        kind: str = "http",
    ) -> tuple[int, bytes, dict[str, str]]:
        """Return status (101 for an accepted WebSocket), body and headers of the answer."""
        sent: list[dict[str, Any]] = []
        given = [("host", f"localhost:{PORT}")] if headers is None else headers
        raw = [(k.encode(), v.encode("utf-8", "replace")) for k, v in given]
        scope = {
            "type": kind, "method": method, "root_path": "",
            "path": path, "raw_path": path.encode(),
            "query_string": b"", "headers": raw, "scheme": "http" if kind == "http" else "ws",
            "http_version": "1.1", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", PORT),
            "subprotocols": [], "asgi": {"version": "3.0", "spec_version": "2.4"}, "extensions": {},
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            if kind == "http":
                return {"type": "http.request", "body": body, "more_body": False}
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start = sent[0]
        if kind == "websocket":
            return (101 if start["type"] == "websocket.accept" else 403), b"", {}
        answer = b"".join(m.get("body", b"") for m in sent)
        return start["status"], answer, {k.decode(): v.decode() for k, v in start["headers"]}


def rows() -> list[Row]:
    """Return what the door does with each corpus."""

    async def go(stage: Stage) -> list[Row]:
        return [*await _doors(stage), await _methods(stage), await _paths(stage)]

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(go(Stage(Path(folder))))


async def _doors(stage: Stage) -> list[Row]:
    sockets = pages = 0
    corpus = doors()
    for hosts, origins, may_open_page, may_open_socket in corpus:
        headers = [("host", h) for h in hosts] + [("origin", o) for o in origins]
        opened = stage.opened
        status, _, _ = await stage.call("/ws", headers=headers, kind="websocket")
        sockets += (status == 101) != may_open_socket or (stage.opened - opened) != may_open_socket
        status, body, _ = await stage.call("/console", headers=headers)
        pages += (status == 200 and body == b"public") != may_open_page
    bar = "all right"
    return [
        Row("CSWSH: Host and Origin of a WebSocket", len(corpus), sockets, bar=bar),
        Row("DNS rebinding: Host of a page", len(corpus), pages, bar=bar),
    ]


async def _methods(stage: Stage) -> Row:
    """Try to change something with each method and kind of body on each route."""
    form = ("content-type", "application/x-www-form-urlencoded")
    plain = ("content-type", "text/plain")
    stop = b'{"id": "1", "name": "start", "boot_id": "b", "t_s": 0}'
    count = failures = 0
    for path in ("/", "/console", "/display", "/ws", "/assets/a.js", "/start", "/stop", "/arm"):
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            for kind, body in ((form, b"name=start&id=1"), (plain, stop)):
                count += 1
                opened = stage.opened
                host = ("host", f"localhost:{PORT}")
                status, _, sent = await stage.call(path, method, [host, kind], body)
                is_page = method in ("GET", "HEAD") and path not in (
                    "/ws",
                    "/start",
                    "/stop",
                    "/arm",
                )
                failures += stage.opened != opened or "set-cookie" in sent
                failures += (status == 200) != is_page
                failures += "access-control-allow-origin" in sent
                failures += "frame-ancestors 'none'" not in sent["content-security-policy"]
    note = "no route changes anything, no cookie is set: a start comes over the WebSocket alone"
    return Row("CSRF: every route × method × kind of body", count, failures, bar="0", note=note)


async def _paths(stage: Stage) -> Row:
    corpus = [*paths(SECRET_NAME), f"/assets/link/{SECRET_NAME}", "/assets/link/pages/console.html"]
    failures = 0
    for path in corpus:
        status, body, _ = await stage.call(path)
        failures += SECRET in body or status >= 500
        failures += body == b"public" and "link" in path
    control = (await stage.call("/assets/a.js"))[1] == b"public"
    return Row(
        "path traversal: files beside the pages",
        len(corpus),
        failures + (not control),
        bar="0 escapes, 0 answers of 5xx",
    )
