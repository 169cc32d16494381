"""The log's campaign, a small share of it: what a whole one is asked for holds here too."""

import pytest
from faults.campaign_log import MAX_MISSING_MS, timed_rows, untimed_rows

SHARE = 0.01


def failing(found):
    for row in found:
        print(row.what, row.count, row.failure_count, row.note)
    assert all(row.count for row in found)
    return [row.what for row in found if row.failure_count]


@pytest.mark.realtime
def test_a_killed_recorder_and_slow_or_full_disks_lose_next_to_nothing():
    found = list(timed_rows(SHARE))
    assert failing(found) == []
    killed = [row for row in found if "killed" in row.what]
    assert max(value for row in killed for value in row.values) <= MAX_MISSING_MS


def test_the_log_holds_under_fire():
    found = list(untimed_rows(SHARE))
    assert failing(found) == []
    assert {row.count for row in found if "tampered" in row.what} == {100}
