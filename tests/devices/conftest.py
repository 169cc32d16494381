"""A listener of the kind that a test names, and links through it."""

import asyncio
from typing import Any

import pytest
from devices.bench import Bench, address

from rehabsim.base.clock import HostClock


@pytest.fixture
async def bench(request, tmp_path):
    made = Bench(HostClock())
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, failure: failures.append(failure))
    await made.listen(address(request.param, tmp_path))
    yield made
    await made.close()
    assert not failures
