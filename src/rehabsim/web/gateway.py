"""The gateway: serves the pages, and carries messages between browsers and a session.

    python -m rehabsim.web.gateway --state-url tcp://127.0.0.1:5601 \\
        --request-url tcp://127.0.0.1:5602 --keeper-url unix:PATH --port 8600

    browser ── GET / /console /display ──► pages in web/dist
            ◄─ WebSocket /ws ────────────► session (ZeroMQ), and STOP to the keeper (unix:)

Beyond this computer it serves with TLS only, and a page without the token that is printed with
the address may watch and stop, but start nothing.

It decides nothing and may be killed at any moment. To a page it sends the newest state as its
MessagePack body, and never queues states; everything else is JSON with a word `k`: `hello`,
`event`, `gait`, `session`, `ack`, `keeper`, `pong`, `forget`. From a page it takes
`{"k": "ping", "t0": s}`, `{"k": "token", "token": "…"}` and the requests of session/MESSAGES.md.
What could start or change anything is refused while the session does not live, so that nothing is
obeyed late.
"""

import argparse
import asyncio
import contextlib
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvicorn
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from rehabsim.base.clock import Clock, run
from rehabsim.base.errors import ConfigError, LinkError, RehabsimError
from rehabsim.session.keys import load_client_key
from rehabsim.web.door import PAGES, check_pages, is_loopback, own_names, page_app
from rehabsim.web.hurry import HurriedHttp
from rehabsim.web.keeper_link import KeeperLink
from rehabsim.web.reception import Reception, Visitor
from rehabsim.web.session_link import SessionLink

PUMP_NS = 8_000_000
MAX_MESSAGE_BYTES = 65536
MAX_VISITORS = 32
GRACE_S = 1
"""How long pages may take to go when the gateway ends."""

SEND_BUFFER_BYTES = 32768
"""Of the socket: what a sleeping browser has not read is old when it wakes."""

MIN_RATE_HZ, MAX_RATE_HZ = 1.0, 60.0
NEEDS_TLS = (
    "gateway at {host}: other computers can reach it, and without TLS anyone between could start"
    " the belts; give --certificate and --private-key, or listen on 127.0.0.1."
)

TOO_SLOW, REPLACED, TOO_MANY = 4000, 4001, 4002
"""Why a page was sent away; known to the pages (src/net/link.ts)."""


class Gateway:
    """Serves every open page from one reception."""

    def __init__(self, reception: Reception, clock: Clock) -> None:
        self._reception = reception
        self._clock = clock
        self._beats: dict[Visitor, asyncio.Event] = {}

    async def pump(self) -> None:
        """Take what arrives, 125 times a second, until cancelled."""
        async with contextlib.aclosing(self._clock.ticks(PUMP_NS)) as ticks:
            async for tick in ticks:
                await self._reception.step(tick.woke_ns)
                for beat in self._beats.values():
                    beat.set()

    async def serve(self, page: WebSocket) -> None:
        """Talk with one page until it goes."""
        await page.accept()
        if len(self._beats) >= MAX_VISITORS:
            await page.close(TOO_MANY, "too many pages are open")
            return
        rate_hz = _rate_hz(page.query_params.get("rate", ""))
        # A state is due with the pump's beat that is nearest to its time, not the one after.
        period_ns = round(1e9 / rate_hz) - PUMP_NS // 2
        visitor = self._reception.enter(page.query_params.get("key", "")[:64], period_ns)
        beat = self._beats[visitor] = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(self._send(page, visitor, beat))
                await self._receive(page, visitor)
                sending.cancel()
        finally:
            del self._beats[visitor]
            self._reception.leave(visitor)

    async def _receive(self, page: WebSocket, visitor: Visitor) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                message = await page.receive()
                if message["type"] == "websocket.disconnect":
                    return
                text = message.get("text")
                if text is not None:
                    await self._reception.hear(visitor, text)

    async def _send(self, page: WebSocket, visitor: Visitor, beat: asyncio.Event) -> None:
        reception = self._reception
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await beat.wait()
                beat.clear()
                if visitor.is_replaced or visitor.is_too_slow:
                    await page.close(REPLACED if visitor.is_replaced else TOO_SLOW)
                    return
                while visitor.waiting:
                    await page.send_text(visitor.waiting.popleft())
                if visitor.is_due(reception.state_count, self._clock.now_ns()):
                    await page.send_bytes(reception.state)


def _rate_hz(text: str) -> float:
    try:
        rate_hz = float(text)
    except ValueError:
        return MAX_RATE_HZ
    return rate_hz if MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ else MAX_RATE_HZ


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers, which would end the process half-way."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(options: argparse.Namespace, clock: Clock) -> None:
    """Run a gateway until SIGTERM or SIGINT.

    Raises:
        RehabsimError: It could not start.
    """
    check_pages(options.pages)
    is_far = not is_loopback(options.host)
    if is_far and not options.certificate:
        raise ConfigError(NEEDS_TLS.format(host=options.host))
    key = load_client_key(options.key) if options.key else None
    token = secrets.token_urlsafe(24) if is_far else ""
    scheme = "https" if options.certificate else "http"
    listener = _listen(options.host, options.port)
    port = listener.getsockname()[1]
    keeper = KeeperLink(options.keeper_url, clock)
    session = SessionLink(options.state_url, options.request_url, key)
    gateway = Gateway(Reception(session, keeper, clock, token), clock)
    app = page_app(
        options.pages,
        own_names(options.host, port, options.name, scheme),
        [WebSocketRoute("/ws", gateway.serve)],
        scheme,
    )
    server = _server(app, options.certificate, options.private_key)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, setattr, server, "should_exit", True)
    try:
        async with asyncio.TaskGroup() as tasks:
            pump = tasks.create_task(gateway.pump())
            host = "localhost" if options.host in _ANY else options.host
            words = {"token": token} if token else {}
            _say(ready=f"{scheme}://{host}:{port}", **words)
            await server.serve([listener])
            pump.cancel()
    finally:
        await keeper.close()
        session.close()


def _server(app: ASGIApp, certificate: Path | None, private_key: Path | None) -> "_Server":
    config = uvicorn.Config(
        app,
        http=HurriedHttp,
        log_level="error",
        access_log=False,
        lifespan="off",
        server_header=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_max_queue=4,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"gateway: certificate {certificate} with key {private_key}: {error.strerror}."
        ) from None
    return _Server(config)


_ANY = ("0.0.0.0", "::")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # Named as TCP, or asyncio leaves Nagle on and an answer waits 40 ms for the one before.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise ConfigError(f"gateway at {host}: not an address ({error.strerror}).") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listener.bind(address)
        listener.listen(64)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        raise LinkError(
            f"gateway at {host}:{port}: cannot listen ({reason}). Is another gateway running?"
            " Choose another port: page_port in the site file, or --port.",
            device="gateway",
            url=f"http://{host}:{port}",
        ) from None
    return listener


def _say(**words: object) -> None:
    """Tell whoever started us: one JSON line for a process, a sentence for a person."""
    if sys.stdout.isatty():
        line = words.get("failed") or f"Pages at {words['ready']}. Ctrl-C ends."
        if "token" in words:
            line = f"{line}\nConsole  {words['ready']}/console#token={words['token']}"
    else:
        line = msgspec.json.encode(words).decode()
    print(line, flush=True)  # noqa: T201


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("rehabsim.web.gateway", description=__doc__.split("\n")[0])
    parser.add_argument("--state-url", required=True, help="where the session publishes")
    parser.add_argument("--request-url", required=True, help="where the session is asked")
    parser.add_argument("--keeper-url", default="", help="unix:PATH of the keeper, for STOP")
    parser.add_argument("--port", type=int, default=8600, help="0 takes a free one")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; another than loopback needs a certificate",
    )
    parser.add_argument("--certificate", type=Path, help="TLS certificate chain, PEM")
    parser.add_argument("--private-key", type=Path, help="its private key, PEM")
    parser.add_argument("--key", type=Path, help="our key, where the session has keys")
    parser.add_argument(
        "--name", action="append", default=[], help="name of this computer on its network"
    )
    parser.add_argument("--pages", type=Path, default=PAGES, help="folder of the built pages")
    return parser.parse_args(arguments)


def main() -> None:
    """Entry point of the gateway process."""
    options = _options(sys.argv[1:])
    try:
        run(lambda clock: serve(options, clock))
    except RehabsimError as error:
        _say(failed=str(error), is_usage=isinstance(error, ConfigError))
        sys.exit(1)


if __name__ == "__main__":
    main()
