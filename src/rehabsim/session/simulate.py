"""`rehabsim simulate`: the virtual laboratory as a process of its own."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from rehabsim.base.clock import Clock, run
from rehabsim.base.errors import ConfigError, RehabsimError
from rehabsim.base.realtime import be_realtime
from rehabsim.devices.laboratory import Laboratory, LaboratoryPlan
from rehabsim.session.stand_in import make_laboratory

REALTIME_PRIORITY = 30
LOOK_NS = 1_000_000_000
"""How often a laboratory that somebody started looks whether anybody is left."""


def simulate(plan: LaboratoryPlan, *, say: Callable[[str], None]) -> None:
    """Serve a laboratory until Ctrl-C or SIGTERM.

    Args:
        plan: What to serve.
        say: Called with each line for a person.

    Raises:
        RehabsimError: The plan cannot be, or a port is taken.
    """

    def tell(laboratory: Laboratory, permitted: str) -> None:
        say(f"Treadmill {plan.treadmill_kind} at {laboratory.treadmill_url}")
        say(f"Plates    rs_plates at {laboratory.plates_url}")
        for name, url in laboratory.other_urls.items():
            say(f"{name.partition(' ')[0].capitalize():9} at {url}")
        say(f"Patient   {plan.patient}, seed {plan.seed}; {permitted}. Ctrl-C ends.")

    run(lambda clock: _serve(plan, clock, tell, is_ours=False))


def serve_process(plan_json: bytes) -> int:
    """Serve the plan given as JSON, answering in JSON lines; return the exit status.

    It ends by itself once whoever started it is gone and nobody drives its belts any more: the
    keeper, which outlives its session until the belts are at rest, still finds them.
    """

    def tell(laboratory: Laboratory, permitted: str) -> None:
        urls = {"treadmill_url": laboratory.treadmill_url, "plates_url": laboratory.plates_url}
        urls |= {f"{name}_url": url for name, url in laboratory.other_urls.items()}
        _say(ready=urls)

    try:
        plan = msgspec.json.decode(plan_json, type=LaboratoryPlan)
        run(lambda clock: _serve(plan, clock, tell, is_ours=True), epoch_ns=plan.epoch_ns or None)
    except RehabsimError as error:
        _say(failed=str(error), is_usage=isinstance(error, ConfigError))
        return 1
    return 0


def _say(**words: object) -> None:
    print(msgspec.json.encode(words).decode(), flush=True)  # noqa: T201


async def _serve(
    plan: LaboratoryPlan,
    clock: Clock,
    tell: Callable[[Laboratory, str], None],
    *,
    is_ours: bool,
) -> None:
    parent = os.getppid()
    laboratory = make_laboratory(plan, clock)
    await laboratory.open()
    try:
        tell(laboratory, be_realtime(REALTIME_PRIORITY))
        lives = [laboratory.run()]
        if is_ours:
            lives.append(_until_alone(laboratory, clock, parent))
        await _until_told(lives)
    finally:
        await laboratory.close()


async def _until_alone(laboratory: Laboratory, clock: Clock, parent: int) -> None:
    """Return once the process that started this one is gone and nobody is connected."""
    async with contextlib.aclosing(clock.ticks(LOOK_NS)) as looks:
        async for _ in looks:
            if os.getppid() != parent and not laboratory.has_client:
                return


async def _until_told(lives: list[Coroutine[Any, Any, None]]) -> None:
    """Return after a signal, or when the first of `lives` is over."""
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(life) for life in lives]
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, tasks[0].cancel)
    done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    for task in done:
        if not task.cancelled():
            task.result()
