"""The log's campaign, a small share of it: what a whole one is asked for holds here too."""

import pytest
from faults.campaign_log import MAX_MISSING_MS, rows

pytestmark = pytest.mark.realtime


def test_the_log_holds_under_fire():
    found = list(rows(0.01))
    for row in found:
        print(row.what, row.count, row.failure_count, row.note)
    assert [row.what for row in found if row.failure_count] == []
    assert all(row.count for row in found)
    killed = [row for row in found if "killed" in row.what]
    assert max(value for row in killed for value in row.values) <= MAX_MISSING_MS
    assert {row.count for row in found if "tampered" in row.what} == {100}
