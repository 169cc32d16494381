"""Strings that an attacker tries: addresses of pages, paths, and what is no number."""

import json
import random
from itertools import product
from math import inf, nan

PORT = 8600
OWN = ("localhost", "127.0.0.1")

_NEAR = (
    "localhost.evil.example",
    "evil-localhost",
    "localhost@evil.example",
    "evil.example/localhost",
    "127.0.0.1.evil.example",
    "127.0.0.10",
    "127.0.0.1.",
    "localhost.",
    "127.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0.0.0.0",
    "[::]",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "evil.example",
    "192.168.0.7",
    "xn--lcalhost-hxa",
    "lоcalhost",
    " localhost",
    "localhost ",
    "",
    "null",
    "*",
    "localhost,evil.example",
    "user:pass@localhost",
    "localhost\t",
    "ſlocalhost",
)


def doors() -> list[tuple[list[str], list[str], bool, bool]]:
    """Return (Host headers, Origin headers, may open a page, may open a WebSocket)."""
    good = [(f"{name}:{PORT}", f"http://{name}:{PORT}") for name in OWN]
    rows: list[tuple[list[str], list[str], bool, bool]] = []
    for host, origin in good:
        rows += [([host], [origin], True, True), ([host], [], True, False)]
        rows += [([host.upper()], [origin.upper()], True, True)]
        rows += [([host, host], [origin], False, False), ([host], [origin, origin], True, False)]
        rows += [([host], ["null"], True, False), ([host], [""], True, False)]
        rows += [([host], [origin.replace("http:", "https:")], True, False)]
        rows += [([host], [origin + "/"], True, False), ([host], [origin + "0"], True, False)]
        rows += [([host], [origin[:-1]], True, False), ([host], [f" {origin}"], True, False)]
        rows += [([host], [origin.removeprefix("http://")], True, False)]
        rows += [([host], [f"{origin},{origin}"], True, False)]
        rows += [([host], [f"file://{host}"], True, False)]
    rows += [([good[0][0]], [good[1][1]], True, False), ([good[1][0]], [good[0][1]], True, False)]
    rows += [([], [good[0][1]], False, False)]
    for name in _NEAR:
        host = f"{name}:{PORT}"
        rows.append(([host], [f"http://{host}"], False, False))
        rows.append(([good[0][0]], [f"http://{host}"], True, False))
    for name in OWN:
        rows += [([name], [f"http://{name}"], False, False)]
        rows += [([f"{name}:80"], [f"http://{name}:80"], False, False)]
        rows += [([f"{name}:{PORT}0"], [f"http://{name}:{PORT}0"], False, False)]
    return rows


def paths(secret: str) -> list[str]:
    """Return at least 200 ways to write the path of `secret`, which lies outside of the pages."""
    ups = ("../", "..\\", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%252f", "....//", "..;/", ".%00./")
    ups += ("%c0%ae%c0%ae/", "..%c0%af", "..%5c", "%252e%252e/", "..//", "./../", "x/../../")
    fronts = ("/assets/", "/", "/console/", "/assets//", "/assets/x/", "//assets/", "/assets/%00/")
    found = [f"{front}{up * count}{secret}" for front, up, count in product(fronts, ups, (1, 3))]
    found += [f"/assets/{word}" for word in (f"/{secret}", f"file:///{secret}", f"C:\\{secret}")]
    found += [
        f"/assets/{secret}{end}" for end in ("%00.js", "\0.js", "::$DATA", "/.", "?", "#", "~")
    ]
    return found


def strange_ids() -> list[str]:
    """Return strings that are no name of a key or subject, and would be files elsewhere."""
    words = ["", ".", "..", "~", "/", "\\", "CON", "a b", "ä", "a\0b", "a\nb", "a" * 300, "-" * 65]
    tails = ("x", "etc/passwd", "session.key", "allowed.toml")
    ups = ("../", "/", "..\\", "~/", "%2e%2e/", "..%2f", "./", "a/../../", "$HOME/", "`id`/", "\0/")
    found = words + [f"{up * count}{tail}" for up, tail, count in product(ups, tails, (1, 2, 3, 5))]
    return found + [
        f"{word}.{end}" for word in ("a", "A_B", "ü") for end in ("", ".", "key", "toml")
    ]


NO_NUMBERS: tuple[object, ...] = (
    nan, inf, -inf, -0.0, -0.5, -1e-9, 1e308, 5.000001, 2**63, -(2**63), 10**400, "1.4", "", None,
    True, False, [], [1.0], {}, {"v": 1.0}, "NaN", "Infinity", "0x1", "１", b"1".hex(),
)  # fmt: skip
"""What is no speed of a belt."""


def as_json(value: object) -> str:
    """Return JSON, with NaN and Infinity as JavaScript writes them."""
    return json.dumps(value)


def bad_requests(count: int, seed: int) -> list[bytes]:
    """Return requests of which none may be accepted, each wrong in one way or several."""
    rng = random.Random(seed)
    proof = {"boot_id": "boot", "t_s": 1.0}
    whole = {"id": "x", "name": "set_speed", "speed_mps": 1.0, **proof}
    changes = (
        lambda: whole | {"speed_mps": rng.choice([v for v in NO_NUMBERS if v is not None])},
        lambda: (
            whole
            | {"t_s": rng.choice([v for v in NO_NUMBERS if v not in (5.000001, None)])}
            | {"t_s_": 0}
        ),
        lambda: whole | {"id": rng.choice(["", "x" * 65, " ", "\n", "ä", 1, None, True, [], {}])},
        lambda: whole | {"name": rng.choice(["", "STOP", "stop ", "arm\0", None, 1, True, [], {}])},
        lambda: whole | {"boot_id": rng.choice([1, True, [], {}, "x" * 65, "other", None])},
        lambda: (
            whole | {rng.choice(["speed", "force", "__proto__", "", "k"]): rng.choice([0, None])}
        ),
        lambda: (
            {k: v for k, v in whole.items() if k != rng.choice(["id", "name", "boot_id"])}
            | {"id": None}
        ),
        lambda: {"id": "x", "name": "marker", "text": "x" * rng.randint(501, 900), **proof},
        lambda: [whole] * rng.randint(0, 3),
        lambda: rng.choice(NO_NUMBERS),
    )
    found: list[bytes] = []
    while len(found) < count:
        kind = rng.randrange(18)
        text = as_json(rng.choice(changes)()).encode()
        if kind == 0:
            text = text[: rng.randrange(len(text))]
        elif kind == 1:
            text = bytes(rng.randrange(256) for _ in range(rng.randint(0, 80)))
        elif kind == 2:
            depth = rng.choice([9, 200, 5000, 30000])
            text = b'{"id": "x", "name": "arm", "a": ' + b"[" * depth + b"]" * depth + b"}"
        elif kind == 3:
            text = text[:-1] + rng.choice([b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\0"]) + b"}"
        elif kind == 4:
            text = b'{"id": "' + b"x" * rng.choice([65, 65_500, 70_000]) + b'", "name": "arm"}'
        elif kind == 5:
            text = rng.choice(_HALVES)
        found.append(text)
    return found


_HALVES = (
    b'{"k": "token", "token": "\\ud800"}',
    b'{"id": "\\ud800", "name": "arm"}',
    b'{"\\udfff": 1}',
    b'{"k": "ping", "t0": "\\ud83d"}',
    b'{"k": "ping", "t0": 1e999}',
    b'{"k": ["ping"]}',
)
"""Halves of surrogate pairs, which no UTF-8 holds, and pings that are none."""
