import pytest
from faults.campaign_firmware import rows

pytestmark = pytest.mark.realtime


def test_every_row_of_the_firmwares_campaign_keeps_its_bar():
    table = list(rows(0.004))
    wrong = [row for row in table if row.failure_count or not row.count]
    assert wrong == []
    assert len(table) == 15
