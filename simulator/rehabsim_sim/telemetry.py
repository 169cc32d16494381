"""Sends what sensors read: by MQTT, by LSL, or as JSON lines to whoever connects.

Nothing here is waited for: what a slow or absent receiver cannot take is dropped and counted.
SENSORS.md lists topics and payloads.
"""

import asyncio
import contextlib
import importlib
import socket
import ssl
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import aiomqtt
import msgspec

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.devices.laboratory import Fault
from rehabsim.devices.link import Link, Listener, listen
from rehabsim_sim.faults import Faults
from rehabsim_sim.sensors import SENSORS, Reading

Values = list[float] | None

SCHEMA = 1
MAX_WAITING = 512
RETRY_S = 1.0
ROOT = "rehabsim"


class Outlet(Protocol):
    """Where readings go.

    Attributes:
        url: Where it really is, once open.
        dropped_count: Messages that could not be sent.
    """

    url: str
    dropped_count: int

    async def open(self) -> None:
        """Get ready; a receiver that is not there yet is no error."""

    def send(self, name: str, payload: bytes, values: Values) -> None:
        """Send one reading of sensor `name`, without waiting; `values` are None when spoilt."""

    async def close(self) -> None:
        """Stop; never raises."""


class Telemetry:
    """All readings to all outlets, each sensor with its faults."""

    def __init__(
        self, urls: Sequence[str], laboratory: str, clock: Clock, plan: Sequence[Fault], seed: int
    ) -> None:
        self.outlets = [_outlet(url, laboratory, clock) for url in urls]
        self._faults = {
            name: Faults(plan, sensor.device, sensor.channels, seed=seed)
            for name, sensor in SENSORS.items()
        }

    async def open(self) -> None:
        """Open every outlet."""
        for outlet in self.outlets:
            await outlet.open()

    def send(self, t_ms: int, readings: Sequence[Reading]) -> None:
        """Send what has arrived by `t_ms`; call it every time, with no reading too."""
        for name, faults in self._faults.items():
            own = [reading for reading in readings if reading.sensor.name == name]
            if faults:
                own = [r._replace(values=faults.values(t_ms, r.values[None])[0]) for r in own]
            whole: dict[bytes, Values] = {encode(r): r.values.tolist() for r in own}
            for frame in faults.frames(t_ms, list(whole)) if faults else whole:
                for outlet in self.outlets:
                    outlet.send(name, frame, whole.get(frame))

    async def close(self) -> None:
        """Close every outlet."""
        for outlet in self.outlets:
            await outlet.close()


def encode(reading: Reading) -> bytes:
    """Return the JSON of a reading, as SENSORS.md describes it; NaN becomes null."""
    return msgspec.json.encode(
        {
            "schema": SCHEMA,
            "sensor": reading.sensor.name,
            "seq": reading.seq,
            "device_t_us": reading.device_t_us,
            "channels": reading.sensor.channels,
            "values": reading.values.tolist(),
        }
    )


def _outlet(url: str, laboratory: str, clock: Clock) -> Outlet:
    scheme = url.partition(":")[0]
    if scheme in ("mqtt", "mqtts"):
        return MqttOutlet(url, laboratory)
    if scheme == "lsl":
        return LslOutlet(laboratory)
    if scheme in ("tcp", "unix", "memory"):
        return LineOutlet(url, clock)
    raise ConfigError(
        f"sensors at {url!r}: unknown scheme. Known: mqtt://HOST:PORT, lsl:, tcp://HOST:PORT."
    )


class LineOutlet:
    """JSON lines to everyone who connects."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url = url
        self.dropped_count = 0
        self._clock = clock
        self._listener: Listener | None = None
        self._links: list[Link] = []

    async def open(self) -> None:
        """Start listening."""
        self._listener = await listen(
            self.url, self._clock, device="sensors", accept=self._links.append
        )
        self.url = self._listener.url

    def send(self, name: str, payload: bytes, values: Values) -> None:
        """Send a line."""
        for link in tuple(self._links):
            try:
                link.take()
                link.write(payload + b"\n")
            except LinkError:
                self._links.remove(link)

    async def close(self) -> None:
        """Hang up."""
        if self._listener is not None:
            await self._listener.close()
        for link in self._links:
            await link.close()


class MqttOutlet:
    """A publisher that connects, and connects again, on its own; QoS 0, samples never retained.

    `rehabsim/LABORATORY/status` holds "online", and "offline" by last will when it dies.
    """

    def __init__(self, url: str, laboratory: str) -> None:
        parts = urlsplit(url)
        if not parts.hostname:
            raise ConfigError(f"sensors at {url!r}: write mqtt://HOST:PORT.")
        self._tls = _tls(url) if parts.scheme == "mqtts" else None
        self.url = url
        self.dropped_count = 0
        self._host, self._port = parts.hostname, parts.port or (8883 if self._tls else 1883)
        self._root = f"{ROOT}/{laboratory}"
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(MAX_WAITING)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the publisher."""
        self._task = asyncio.get_running_loop().create_task(self._publish())

    def send(self, name: str, payload: bytes, values: Values) -> None:
        """Queue a message; the oldest goes when the queue is full."""
        if self._waiting.full():
            self._waiting.get_nowait()
            self.dropped_count += 1
        self._waiting.put_nowait((f"{self._root}/{name}", payload))

    async def _publish(self) -> None:
        will = aiomqtt.Will(f"{self._root}/status", "offline", qos=1, retain=True)
        nodelay = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(
                    self._host,
                    self._port,
                    will=will,
                    tls_context=self._tls,
                    socket_options=nodelay,
                ) as client:
                    await client.publish(will.topic, "online", qos=1, retain=True)
                    while True:
                        topic, payload = await self._waiting.get()
                        await client.publish(topic, payload)
            await asyncio.sleep(RETRY_S)

    async def close(self) -> None:
        """Stop publishing."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


def _tls(url: str) -> ssl.SSLContext:
    """Return how to speak TLS with the broker at `url`.

    Raises:
        ConfigError: A file cannot be used, or a word of the query is not known.
    """
    words = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    known = ("ca", "certificate", "private_key")
    if set(words) - set(known):
        raise ConfigError(f"sensors at {url!r}: known after the question mark: {', '.join(known)}.")
    try:
        context = ssl.create_default_context(cafile=words.get("ca"))
        if "certificate" in words:
            context.load_cert_chain(words["certificate"], words.get("private_key"))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"sensors at {url!r}: {error.strerror or error}.") from error
    return context


class LslOutlet:
    """One Lab Streaming Layer stream per sensor; needs the extra `lsl`."""

    def __init__(self, laboratory: str) -> None:
        self.url = "lsl:"
        self.dropped_count = 0
        self._laboratory = laboratory
        self._streams: dict[str, Any] = {}

    async def open(self) -> None:
        """Announce the streams.

        Raises:
            ConfigError: pylsl is not installed.
        """
        try:
            lsl = importlib.import_module("pylsl")
        except (ImportError, RuntimeError) as error:
            raise ConfigError(
                "sensors at 'lsl:': pylsl is not installed; pip install 'rehabsim[lsl]'."
            ) from error
        for name, sensor in SENSORS.items():
            stream = lsl.StreamInfo(
                f"rehabsim_{name}",
                sensor.device,
                len(sensor.channels),
                sensor.rate_hz,
                "double64",
                f"{self._laboratory}-{name}",
            )
            channels = stream.desc().append_child("channels")
            for channel in sensor.channels:
                label, _, unit = channel.rpartition("_")
                entry = channels.append_child("channel")
                entry.append_child_value("label", channel)
                entry.append_child_value("unit", unit if label else "")
            self._streams[name] = lsl.StreamOutlet(stream)

    def send(self, name: str, payload: bytes, values: Values) -> None:
        """Push a sample; a frame that a fault has spoilt cannot be one, and is dropped."""
        if values is None:
            self.dropped_count += 1
        else:
            self._streams[name].push_sample(values)

    async def close(self) -> None:
        """End the streams."""
        self._streams.clear()
