"""The attackers' strings are as many as promised, and different."""

from faults.corpora import doors, paths, strange_ids


def test_there_are_enough_of_each():
    assert len({str(row) for row in doors()}) == len(doors()) >= 60
    assert len(set(paths("x"))) == len(paths("x")) >= 200
    assert len(set(strange_ids())) >= 130
    assert {row[2:] for row in doors()} == {(True, True), (True, False), (False, False)}
