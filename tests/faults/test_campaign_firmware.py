import pytest
from faults.campaign_firmware import timed_rows, untimed_rows

SHARE = 0.004


def failing(table):
    return [row for row in table if row.failure_count or not row.count]


def test_every_rule_of_the_firmware_keeps_its_bar():
    table = list(untimed_rows(SHARE))
    assert failing(table) == []
    assert len(table) == 18


@pytest.mark.realtime
def test_its_deadline_keeps_its_bar():
    table = list(timed_rows(SHARE))
    assert failing(table) == []
    assert len(table) == 2
