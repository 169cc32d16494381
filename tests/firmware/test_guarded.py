from firmware.guarded import commands


def test_the_firmware_accepts_whatever_the_guard_commands():
    moved, wrongs = commands(20_000, 2)
    assert wrongs == []
    assert moved > 10_000
