"""A walk on a platform beside a keeper, and what its reports say of it."""

import asyncio

from rehabsim.base.records import PlatformWish, Pose

TILTED = Pose(0.05, -0.04, 0.03, 0.06, 0.05, -0.04)


async def rise(hands):
    """Bring it home, then up."""
    for name in ("reset", "settle", "engage"):
        hands.ask(name)
        await asyncio.sleep(0.1)
    assert platform(hands).state.is_up


async def walk(hands, pose=TILTED):
    """Walk on a platform that has reached `pose`."""
    hands.ride = PlatformWish(pose)
    await rise(hands)
    for name in ("arm", "start"):
        hands.ask(name)
        await asyncio.sleep(0.05)
    await asyncio.sleep(6)
    assert (hands.mode, platform(hands).state.mode) == ("running", "moving")


def platform(hands):
    return hands.reports[-1].platform.decision


def answers(hands):
    found = [a for r in hands.reports for a in (*r.decision.answers, *r.platform_answers)]
    return {answer.id: answer for answer in found}


def frozen_after_s(hands, since_ns):
    for report in hands.reports:
        if report.inputs.t_ns >= since_ns and report.platform.decision.state.mode == "freeze":
            return (report.inputs.t_ns - since_ns) / 1e9
    return None


def still_after_s(hands, since_ns):
    """Return how long after `since_ns` the set point moved last."""
    last_ns, before = since_ns, None
    for report in hands.reports:
        pose = report.platform.decision.state.pose
        if report.inputs.t_ns >= since_ns and before is not None and pose != before:
            last_ns = report.inputs.t_ns
        before = pose
    return (last_ns - since_ns) / 1e9
