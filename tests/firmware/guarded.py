"""The keeper's guard and the firmware: does the one ever command what the other refuses?"""

import random

from firmware.device import Device, ready

from rehabsim.base.config import load_toml
from rehabsim.base.records import BeltSample, Wish
from rehabsim.base.site import Site
from rehabsim.devices.rs_limits import limits_of_room
from rehabsim.devices.rs_treadmill_frame import Cause, State, set_point_of
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import Ask, GuardInputs, GuardState, Person, WishMessage
from rehabsim.session.setup import SIMULATED_SITE

LIMITS = load_toml(SIMULATED_SITE, Site).limits
ROOM = limits_of_room(LIMITS)
SOMEONE = Person(load_n=700.0, mean_load_n=700.0, body_weight_n=700.0, cop_x_m=0.0, cop_y_m=0.0)
TICK_NS = 4_000_000
FORBIDDEN = (Cause.REFUSED, Cause.SPLIT, Cause.DAMAGED)


def _wish(rng: random.Random) -> Wish:
    """Return any wish, mostly outside the limits of something."""
    if rng.random() < 0.2:
        return Wish(rng.uniform(0, 1e9), rng.uniform(0, 3), rng.uniform(0, 9))
    base = rng.uniform(0, 2.5)
    is_perturbation = rng.random() < 0.3
    return Wish(base, max(base + rng.uniform(-1, 1), 0.0), rng.uniform(0, 0.3), is_perturbation)


def _ask(rng: random.Random, mode: str) -> tuple[Ask, ...]:
    following = {"locked": "reset", "idle": "arm", "armed": "start"}
    if mode in following and rng.random() < 0.5:
        return (Ask(str(rng.random()), following[mode], "test"),)  # type: ignore[arg-type]
    if rng.random() < 0.002:
        return (Ask(str(rng.random()), rng.choice(("stop", "pause")), "test"),)
    return ()


def _pass_on(device: Device, before: str, after: str) -> None:
    """Tell the device what the keeper tells a driver when its mode changes."""
    if after == "idle" and before == "locked":
        device.reset()
    elif after == "armed":
        device.arm()
    elif after in ("idle", "locked") and before != after:
        device.disarm()


def commands(count: int, seed: int) -> tuple[int, list[str]]:
    """Return how many commands moved belts, and every one that was refused, of `count` in all."""
    rng = random.Random(seed)
    device, state, wish = ready(seed=seed, room=ROOM), GuardState(), _wish(rng)
    moved, wrongs, sent = 0, [], None
    for tick in range(count):
        t_ns = (tick + 1) * TICK_NS
        left, right = device.senses.speed_umps
        belt = BeltSample(t_ns, left / 1e6, right / 1e6, device.senses.incline_urad / 1e6)
        wish = _wish(rng) if rng.random() < 0.01 else wish
        message = WishMessage(t_ns, wish, t_ns, t_ns, person=SOMEONE)
        asks = _ask(rng, state.mode)
        inputs = GuardInputs(t_ns=t_ns, wish=message, belt=belt, asks=asks, has_treadmill=True)
        decision = guard(state, inputs, LIMITS)
        _pass_on(device, state.mode, decision.state.mode)
        state = decision.state
        if decision.command != sent or tick % 5 == 0:
            sent = decision.command
            device.ask(set_point_of(sent))
        device.live(4)
        moved += device.speeds != (0, 0)
        if device.cause in FORBIDDEN:
            wrongs.append(f"tick {tick}: {sent} gave {device.status()}")
            device = ready(seed=seed, room=ROOM)
        elif device.state == State.LOCKED and state.mode in ("idle", "armed", "running"):
            wrongs.append(f"tick {tick}: locked, the keeper is {state.mode}: {device.status()}")
            device.reset()
    return moved, wrongs
