"""What a browser may open here: the pages and nothing else, and only under our own name."""

import ipaddress
import socket
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rehabsim.base.errors import ConfigError

PAGES = Path(__file__).parent / "dist"
PAGE_NAMES = ("console", "display")

_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        b" connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]


def check_pages(pages: Path) -> None:
    """Make sure that the pages have been built.

    Raises:
        ConfigError: They have not.
    """
    missing = [name for name in PAGE_NAMES if not (pages / f"{name}.html").is_file()]
    if missing:
        raise ConfigError(
            f"gateway: the pages {' and '.join(missing)} are not in {pages}; build them with"
            " `make web`."
        )


def own_names(host: str, port: int, extra: list[str], scheme: str = "http") -> frozenset[str]:
    """Return every `Host` under which a browser may ask us, lower case.

    Args:
        host: Address that is listened on.
        port: And its port.
        extra: Names that this computer goes by on its network.
        scheme: `http` or `https`; the port that it implies may be left out.
    """
    names = {host, *extra}
    address = ipaddress.ip_address(host) if _is_address(host) else None
    if host == "localhost" or (address is not None and address.is_loopback):
        names |= {"localhost"}
    if address is not None and address.is_unspecified:
        names |= {"localhost", "127.0.0.1", "::1", socket.gethostname(), *_addresses()}
    written = {f"[{name}]" if ":" in name else name for name in (n.lower() for n in names)}
    return frozenset(f"{name}:{port}" for name in written) | (
        written if port == _PORTS[scheme] else set()
    )


_PORTS = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Return whether only this computer can reach what listens on `host`."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _addresses() -> set[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        return set()
    return {str(entry[4][0]) for entry in found}


class Door:
    """Turns away who asks for another host, or opens a socket from another site's page.

    Without the first check a hostile site could be re-pointed at this computer (DNS rebinding);
    without the second its page could open our WebSocket and press Start.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str], scheme: str) -> None:
        self._app = app
        self._scheme = scheme
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a good request on, with our headers on the answer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if not self.is_welcome(scope):
            await _turn_away(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS, *_caching(scope["path"])]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def is_welcome(self, scope: Scope) -> bool:
        """Return whether host and, for a WebSocket, origin are our own."""
        headers = scope["headers"]
        hosts = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self._names:
            return False
        if scope["type"] != "websocket":
            return True
        origins = [value.decode("latin-1").lower() for name, value in headers if name == b"origin"]
        return len(origins) == 1 and origins[0] == f"{self._scheme}://{hosts[0]}"


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    answer = PlainTextResponse("This is not the address of these pages.\n", status_code=421)
    await answer(scope, receive, send)


def _caching(path: str) -> list[tuple[bytes, bytes]]:
    is_named_by_content = path.startswith("/assets/")
    return [
        (
            b"cache-control",
            b"public, max-age=31536000, immutable" if is_named_by_content else b"no-cache",
        )
    ]


def page_app(
    pages: Path, names: frozenset[str], extra_routes: list[BaseRoute], scheme: str = "http"
) -> ASGIApp:
    """Return the application: `/`, `/console`, `/display`, their assets, and `extra_routes`."""

    def page(name: str) -> Route:
        async def show(request: Request) -> FileResponse:
            return FileResponse(pages / f"{name}.html")

        return Route("/" if name == "index" else f"/{name}", show, methods=["GET"])

    async def root(request: Request) -> FileResponse:
        return FileResponse(pages / "console.html")

    routes: list[BaseRoute] = [
        Route("/", root, methods=["GET"]),
        *(page(name) for name in PAGE_NAMES),
        *extra_routes,
        Mount("/assets", StaticFiles(directory=pages / "assets", check_dir=False)),
    ]
    return Door(Starlette(routes=routes), names, scheme)
