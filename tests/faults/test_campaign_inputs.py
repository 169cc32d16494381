"""No bad input is taken anywhere, and none brings anything down; `make faults` tries more."""

import pytest
from faults.campaign_inputs import rows

ROWS = list(rows(0.05))


@pytest.mark.parametrize("row", ROWS, ids=[row.what for row in ROWS])
def test_no_bad_input_is_taken(row):
    print(row)
    assert row.count >= 20
    assert row.failure_count == 0, row.note


def test_together_they_are_many():
    assert sum(row.count for row in ROWS) >= 4_000
