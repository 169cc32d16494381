"""The campaign of devices and scenarios, each fault once while the belts run."""

from faults.campaign_devices import FAULTS, rows


def test_every_fault_stops_the_belts_as_hard_as_it_must():
    assert len(FAULTS) >= 45
    found = list(rows(0.01))
    must_be_seen = [fault for fault, severity in FAULTS.items() if severity != "none"]
    assert sum(row.count for row in found) > len(must_be_seen) > 30
    assert [(row.what, row.note) for row in found if row.failure_count] == []
