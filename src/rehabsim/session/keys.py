"""Keys of a room's network: who may hear a session that listens beyond its own computer.

A folder that only its owner can open holds the session's own key, the gateway's, and the list of
the public keys that are let in. A client's key is one file, carried to its computer.
"""

import ipaddress
import os
import stat
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import msgspec
import zmq
from pydantic import Field

from rehabsim.base.config import Strict, load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.session.entrance import Role

Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
Z85 = Annotated[str, Field(pattern=r"^[!-~]{40}$")]

M = TypeVar("M", bound=Strict)

GATEWAY = "gateway"
_HINT = "Make keys with `rehabsim keys create FOLDER`, and write keys = FOLDER under [publish]."


class SessionKey(Strict):
    """`session.key`: the secret by which clients know that this is the session."""

    public: Z85
    secret: Z85


class ClientKey(Strict):
    """`NAME.key`: the secret by which the session knows one client, and whom that trusts."""

    name: Name
    public: Z85
    secret: Z85
    session_public: Z85


class AllowedKey(Strict):
    """One `[[clients]]` of `allowed.toml`."""

    name: Name
    role: Role
    public: Z85


class AllowedKeys(Strict):
    """`allowed.toml`: every key that is let in."""

    clients: list[AllowedKey] = Field(default_factory=list)


def is_local(url: str) -> bool:
    """Return whether only this computer can reach `url`."""
    parts = urlsplit(url)
    if parts.scheme in ("ipc", "inproc"):
        return True
    host = parts.hostname or ""
    try:
        return parts.scheme == "tcp" and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return parts.scheme == "tcp" and host == "localhost"


def check_reach(urls: tuple[str, ...], keys: str) -> None:
    """Make sure that what leaves this computer is encrypted, and its clients are known.

    Raises:
        ConfigError: An address can be reached from elsewhere and there are no keys.
    """
    far = [url for url in urls if not is_local(url)]
    if far and not keys:
        raise ConfigError(
            f"publish: {far[0]} can be reached from other computers, and without keys anyone there"
            f" could hear the session and start the belts. {_HINT}"
        )


def create(folder: Path) -> None:
    """Make a folder of keys: the session's and its gateway's.

    Raises:
        ConfigError: There is something already, or it cannot be written.
    """
    _need_curve()
    if (folder / "session.key").exists():
        raise ConfigError(f"{folder}: holds keys already; they are never written over.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be made: {error.strerror}.") from error
    public, secret = _pair()
    _write(folder / "session.key", SessionKey(public=public, secret=secret))
    _write_allowed(folder, [])
    add(folder, GATEWAY, "console")


def add(folder: Path, name: str, role: Role) -> Path:
    """Let one more client in; return the file to carry to it.

    Raises:
        ConfigError: The name is taken or has other signs than a-z, 0-9 and -.
    """
    session, clients = load_session_key(folder), load_allowed(folder)
    if any(client.name == name for client in clients):
        raise ConfigError(f"{folder}: there is a key called {name!r} already; remove it first.")
    public, secret = _pair()
    try:
        client = ClientKey(name=name, public=public, secret=secret, session_public=session.public)
    except ValueError:
        raise ConfigError(f"name {name!r}: use a to z, 0 to 9 and -, 32 signs at most.") from None
    path = folder / f"{name}.key"
    _write(path, client)
    _write_allowed(folder, [*clients, AllowedKey(name=name, role=role, public=public)])
    return path


def remove(folder: Path, name: str) -> None:
    """Let a client in no more, from the next start of a session on.

    Raises:
        ConfigError: There is none of that name.
    """
    clients = load_allowed(folder)
    if all(client.name != name for client in clients):
        known = ", ".join(client.name for client in clients)
        raise ConfigError(f"{folder}: there is no key called {name!r}. Known: {known}.")
    _write_allowed(folder, [client for client in clients if client.name != name])
    (folder / f"{name}.key").unlink(missing_ok=True)


def load_session_key(folder: Path) -> SessionKey:
    """Return the session's key.

    Raises:
        ConfigError: It is missing, malformed, or others may read it.
    """
    _need_curve()
    return load_secret(folder / "session.key", SessionKey)


def load_allowed(folder: Path) -> list[AllowedKey]:
    """Return who is let in.

    Raises:
        ConfigError: The list is missing or malformed.
    """
    return load_toml(folder / "allowed.toml", AllowedKeys).clients


def load_client_key(path: Path) -> ClientKey:
    """Return a client's key.

    Raises:
        ConfigError: It is missing, malformed, or others may read it.
    """
    _need_curve()
    return load_secret(path, ClientKey)


def use_key(socket: "zmq.Socket[bytes]", key: ClientKey | None) -> None:
    """Make a client's socket speak with `key`, or in the clear without one; before it connects."""
    if key is not None:
        socket.setsockopt_string(zmq.CURVE_SERVERKEY, key.session_public)
        socket.setsockopt_string(zmq.CURVE_PUBLICKEY, key.public)
        socket.setsockopt_string(zmq.CURVE_SECRETKEY, key.secret)


def load_secret(path: Path, model: type[M]) -> M:
    """Return a file that only its owner may read.

    Raises:
        ConfigError: It is missing, malformed, or others may read it.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        raise ConfigError(f"{path}: no such file. {_HINT}") from None
    if mode & 0o077:
        raise ConfigError(
            f"{path}: others can read this secret (mode {mode:o}); chmod 600 it, and make new keys"
            " if someone may have."
        )
    return load_toml(path, model)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody but its owner can read, never half."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _write(path: Path, model: Strict) -> None:
    write_private(path, _toml(model.model_dump()).encode())


def _write_allowed(folder: Path, clients: list[AllowedKey]) -> None:
    tables = "".join(f"\n[[clients]]\n{_toml(client.model_dump())}" for client in clients)
    text = f"# Who is let in; read when a session starts.\n{tables}"
    write_private(folder / "allowed.toml", text.encode())


def _toml(table: dict[str, str]) -> str:
    return "".join(
        f"{key} = {msgspec.json.encode(value).decode()}\n" for key, value in table.items()
    )


def _pair() -> tuple[str, str]:
    public, secret = zmq.curve_keypair()
    return public.decode(), secret.decode()


def _need_curve() -> None:
    if not zmq.has("curve"):
        raise ConfigError("keys: this ZeroMQ was built without CURVE; install pyzmq from a wheel.")
