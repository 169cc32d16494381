"""`rehabsim simulate`: the virtual laboratory as a process of its own."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from rehabsim.base.clock import Clock, run
from rehabsim.base.errors import ConfigError, RehabsimError
from rehabsim.base.realtime import be_realtime
from rehabsim.devices.laboratory import Laboratory, LaboratoryPlan
from rehabsim.session.run import make_laboratory

REALTIME_PRIORITY = 30


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

    run(lambda clock: _serve(plan, clock, tell))


def serve_process(plan_json: bytes) -> int:
    """Serve the plan given as JSON, answering in JSON lines; return the exit status."""

    def tell(laboratory: Laboratory, permitted: str) -> None:
        platform_url = laboratory.other_urls.get("platform", "")
        urls = {"treadmill_url": laboratory.treadmill_url, "plates_url": laboratory.plates_url}
        _say(ready=urls | {"platform_url": platform_url})

    try:
        plan = msgspec.json.decode(plan_json, type=LaboratoryPlan)
        run(lambda clock: _serve(plan, clock, tell), epoch_ns=plan.epoch_ns or None)
    except RehabsimError as error:
        _say(failed=str(error), is_usage=isinstance(error, ConfigError))
        return 1
    return 0


def _say(**words: object) -> None:
    print(msgspec.json.encode(words).decode(), flush=True)  # noqa: T201


async def _serve(
    plan: LaboratoryPlan, clock: Clock, tell: Callable[[Laboratory, str], None]
) -> None:
    laboratory = make_laboratory(plan, clock)
    await laboratory.open()
    try:
        tell(laboratory, be_realtime(REALTIME_PRIORITY))
        await _until_told(laboratory.run())
    finally:
        await laboratory.close()


async def _until_told(life: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(life)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
