"""How late a message came, by the quickest of them."""

from rehabsim.base.quickest import Quickest

MS = 1_000_000


def lags(*messages):
    """Return how late each (theirs, ours) of ms came, in ms."""
    quickest = Quickest()
    return [quickest.hear(theirs * MS, ours * MS) / MS for theirs, ours in messages]


def test_the_first_message_is_the_quickest_so_far():
    assert not Quickest().is_set
    assert lags((5, 1000)) == [0.0]


def test_a_message_that_waited_is_late_by_as_much():
    late = lags((0, 1000), (10, 1010), (20, 1170), (30, 1180))
    assert late[:2] == [0.0, 0.0]
    assert 149.9 < late[2] < 150
    assert 149.9 < late[3] < 150


def test_a_quicker_message_sets_the_measure():
    assert lags((0, 1005), (10, 1010))[1] == 0.0
    assert 4.99 < lags((0, 1005), (10, 1010), (20, 1025))[2] < 5


def test_clocks_that_drift_apart_are_followed():
    quickest = Quickest()
    most_ns = max(
        quickest.hear(round(t_ms * MS * (1 - 190e-6)), t_ms * MS) for t_ms in range(0, 600_000, 100)
    )
    assert most_ns < MS // 10


def test_a_delay_that_stays_is_forgotten_only_after_minutes():
    quickest = Quickest()
    quickest.hear(0, 0)
    assert quickest.hear(60_000 * MS, 60_150 * MS) > 130 * MS
    for t_ms in range(60_010, 900_000, 10):
        late_ns = quickest.hear(t_ms * MS, (t_ms + 150) * MS)
    assert late_ns == 0


def test_their_time_is_told_from_ours():
    quickest = Quickest()
    quickest.hear(5 * MS, 1005 * MS)
    quickest.hear(10 * MS, 1020 * MS)
    assert abs(quickest.theirs_ns(1030 * MS) - 30 * MS) < MS // 100
