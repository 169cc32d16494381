"""Whatever is wrong, one sentence says what, where and what to do; nothing is lost."""

import socket

import pytest
from session.platform_room import room_text

from rehabsim.session.setup import SIMULATED_SITE


@pytest.fixture
def says(rehabsim):
    """Check that a command ends with `status` and one sentence that has all `words`."""

    def check(status, words, *command):
        found, _, err = rehabsim(*command)
        assert found == status, err
        for word in words:
            assert word in err
        assert "Traceback" not in err
        return err

    return check


@pytest.fixture
def site(tmp_path):
    """Write the simulated room with some text replaced; return its path."""

    def write(*pairs):
        text = SIMULATED_SITE.read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "site.toml"
        path.write_text(text)
        return path

    return write


SHORT = ("--virtual", "--duration", 1)


def test_an_unknown_key_is_named_with_its_likeliest_neighbour(says, site):
    path = site(("max_speed_mps = 2.0", "max_sped_mps = 2.0"))
    words = ("site.toml", "limits.max_sped_mps: unknown key", "Did you mean max_speed_mps?")
    says(2, words, "run", "boat", "--site", path, *SHORT)


def test_a_missing_limit_is_an_error_because_it_has_no_default(says, site):
    path = site(("max_accel_mps2 = 0.5\n", ""))
    says(2, ("limits.max_accel_mps2: missing",), "run", "boat", "--site", path, *SHORT)


def test_a_speed_in_the_wrong_unit_is_out_of_range(says, site):
    path = site(("max_speed_mps = 2.0", "max_speed_mps = 7.2"))
    words = ("limits.max_speed_mps = 7.2", "less than or equal to 5", "m/s")
    says(2, words, "run", "boat", "--site", path, *SHORT)


def test_a_speed_with_its_unit_as_text_is_not_a_number(says, site):
    path = site(("max_speed_mps = 2.0", 'max_speed_mps = "2 m/s"'))
    says(2, ("limits.max_speed_mps = '2 m/s'", "number"), "run", "boat", "--site", path, *SHORT)


def test_an_unknown_driver_lists_the_known_ones(says, site):
    path = site(('kind = "bertec_treadmill"', 'kind = "bertek"'))
    says(2, ("bertek", "bertec_treadmill"), "run", "boat", "--site", path, *SHORT)


def test_an_unknown_scenario_lists_the_known_ones(says):
    says(2, ("'bat'", "boat, drive, hike"), "run", "bat", *SHORT)


def test_a_missing_session_file_is_named(says):
    says(2, ("no.toml: no such file",), "run", "no.toml", *SHORT)


def test_a_file_that_is_not_toml_is_named_with_its_line(says, tmp_path):
    (tmp_path / "bad.toml").write_text("scenario = boat")
    says(2, ("bad.toml: not a TOML file", "line 1"), "run", "bad.toml", *SHORT)


def test_a_parameter_that_the_scenario_refuses_is_named(says, tmp_path):
    (tmp_path / "s.toml").write_text('scenario = "boat"\n[params]\nwave_height_m = 40.0\n')
    says(2, ("params: wave_height_m = 40.0", "(a number in m)"), "run", "s.toml", *SHORT)


def test_an_unknown_patient_lists_the_known_ones(says):
    says(2, ("nobody", "healthy"), "run", "boat", "--patient", "nobody", *SHORT)


def test_an_impossible_severity_is_refused_with_its_range(says):
    says(2, ("severity '9'", "to 1.5"), "run", "boat", "--patient", "amputee:9", *SHORT)


def test_an_unknown_fault_lists_the_known_ones(says, tmp_path):
    (tmp_path / "f.toml").write_text('[[faults]]\ndevice = "plates"\nkind = "sulk"\n')
    says(2, ("fault 1", "'sulk'", "stuck"), "run", "boat", "--faults", "f.toml", *SHORT)


def test_a_fault_file_with_an_unknown_key_names_it(says, tmp_path):
    (tmp_path / "f.toml").write_text('[[faults]]\ndevice = "plates"\nkind = "off"\nwhen = 3.0\n')
    says(2, ("f.toml", "when"), "run", "boat", "--faults", "f.toml", *SHORT)


def test_the_faults_of_a_session_stand_in_its_log(rehabsim, tmp_path):
    table = '[[faults]]\ndevice = "plates"\nkind = "off"\nchannel = "left"\nat_s = 2.5\n'
    (tmp_path / "f.toml").write_text(table)
    words = ("boat", "--virtual", "--duration", "3", "--log", "a.mcap", "--faults", "f.toml")
    assert rehabsim("run", *words)[0] == 0
    assert "plates off from 2.5 s left" in rehabsim("log", "info", "a.mcap")[1]


def test_virtual_time_needs_a_duration(says):
    says(2, ("--duration",), "run", "boat", "--virtual")


def test_a_real_device_cannot_follow_virtual_time(says, site):
    path = site(('url = "sim:"                        #', 'url = "tcp://127.0.0.1:4000" #'))
    says(2, ("127.0.0.1:4000", "virtual time"), "run", "boat", "--site", path, *SHORT)


def test_nobody_starts_real_belts_by_rule(says, site):
    path = site(('url = "sim:"                        #', 'url = "tcp://127.0.0.1:4000" #'))
    says(2, ("--auto-start", "by hand"), "run", "boat", "--site", path, "--auto-start")


def test_a_platform_without_limits_is_refused(says, site):
    path = site(("[publish]", '[platform]\nkind = "moog_6dof2000e"\nurl = "sim:"\n\n[publish]'))
    says(2, ("platform_limits: missing",), "run", "boat", "--site", path, *SHORT)


def test_limits_that_the_platform_cannot_follow_are_refused(says, tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(room_text().replace("max_offset_m = 0.1", "max_offset_m = 0.09"))
    words = ("platform_limits.max_x_m = 0.1", "x_m = -0.1, this site allows ±0.09")
    says(2, words, "run", "boat", "--site", path, *SHORT)


def test_nobody_raises_a_real_platform_by_rule_or_in_virtual_time(says, tmp_path):
    path = tmp_path / "site.toml"
    head, _, tail = room_text().partition("[platform]")
    path.write_text(head + "[platform]" + tail.replace('"sim:"', '"udp://127.0.0.1:6000"'))
    says(2, ("--auto-start", "platform"), "run", "boat", "--site", path, "--auto-start")
    says(2, ("platform", "virtual time"), "run", "boat", "--site", path, *SHORT)


@pytest.mark.realtime
def test_a_treadmill_that_does_not_answer_is_named_with_its_address(says, site):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    path = site(('url = "sim:"                        #', f'url = "tcp://127.0.0.1:{port}" #'))
    words = (f"treadmill at tcp://127.0.0.1:{port}: cannot connect",)
    says(1, words, "run", "boat", "--site", path, "--no-web", "--duration", 5)


@pytest.mark.realtime
def test_a_port_in_use_is_named(says, site):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        path = site(("tcp://127.0.0.1:5601", f"tcp://127.0.0.1:{port}"))
        words = (f"127.0.0.1:{port}: cannot listen", "[publish]")
        says(1, words, "run", "boat", "--site", path, "--no-web", "--duration", 5)


def test_an_unknown_option_is_a_usage_error(says):
    says(2, ("--sped",), "run", "boat", "--sped", 3)


# -- logs ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def log_bytes(tmp_path_factory):
    """Return a short session's log."""
    from rehabsim.base.clock import run
    from rehabsim.base.config import load_toml
    from rehabsim.base.site import Site
    from rehabsim.session.setup import ready_session
    from rehabsim.session.together import run_together, together_plans

    path = tmp_path_factory.mktemp("log") / "a.mcap"
    site, session = load_toml(SIMULATED_SITE, Site), ready_session("boat")
    plan, laboratory = together_plans(site, session, "test", 5.0, str(path))
    run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    return path.read_bytes()


LOG_COMMANDS = (
    ("replay",),
    ("report",),
    ("log", "info"),
    ("log", "verify"),
    ("log", "recover"),
)


@pytest.mark.parametrize("command", LOG_COMMANDS, ids=" ".join)
def test_a_log_that_is_not_there_is_named(says, command):
    says(1, ("no.mcap: no such file",), *command, "no.mcap")


@pytest.mark.parametrize("command", LOG_COMMANDS, ids=" ".join)
def test_a_file_that_is_no_log_is_named_and_left_alone(says, command, tmp_path):
    path = tmp_path / "wrong.mcap"
    path.write_bytes(b"time,fx\n1,2\n" * 100)
    says(1, ("wrong.mcap: not a log",), *command, "wrong.mcap")
    assert path.read_bytes() == b"time,fx\n1,2\n" * 100


@pytest.mark.parametrize("command", LOG_COMMANDS, ids=" ".join)
def test_a_folder_is_not_a_log(says, command, tmp_path):
    (tmp_path / "folder.mcap").mkdir()
    says(1, ("folder.mcap: cannot be read",), *command, "folder.mcap")


@pytest.mark.parametrize("command", [("replay",), ("report",)], ids=" ".join)
def test_a_truncated_log_says_how_to_mend_it(says, command, tmp_path, log_bytes):
    path = tmp_path / "cut.mcap"
    path.write_bytes(log_bytes[: len(log_bytes) * 2 // 3])
    says(1, ("cut.mcap: is cut off", "rehabsim log recover"), *command, "cut.mcap")


def test_a_truncated_log_is_mended_and_the_damaged_one_is_kept(rehabsim, tmp_path, log_bytes):
    path = tmp_path / "cut.mcap"
    path.write_bytes(log_bytes[: len(log_bytes) * 2 // 3])
    status, out, _ = rehabsim("log", "recover", "cut.mcap")
    assert (status, "whole again" in out) == (0, True)
    assert (tmp_path / "cut.mcap.damaged").stat().st_size == len(log_bytes) * 2 // 3
    status, out, _ = rehabsim("log", "recover", "cut.mcap")
    assert (status, "nothing to mend" in out) == (0, True)


def test_a_log_is_never_written_over(says, tmp_path, log_bytes):
    path = tmp_path / "a.mcap"
    path.write_bytes(log_bytes)
    says(2, ("a.mcap: exists already",), "run", "boat", "--log", "a.mcap", *SHORT)
    assert path.read_bytes() == log_bytes


# -- imports -------------------------------------------------------------------------------


def test_an_import_with_an_unknown_column_lists_the_known_ones(says, tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n3,4\n")
    command = ("import", "a.csv", "--columns", "left_fz,right_fz_n", "--rate", 100)
    says(2, ("'left_fz'", "left_fz_n"), *command, "--out", "a.mcap")
    assert not (tmp_path / "a.mcap").exists()


def test_an_import_of_a_ragged_file_names_the_line(says, tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n3,4\n5\n")
    command = ("import", "a.csv", "--columns", "left_fz_n,right_fz_n", "--rate", 100)
    says(2, ("a.csv", "line 3"), *command, "--out", "a.mcap")
    assert not (tmp_path / "a.mcap").exists()


def test_a_recording_without_a_rate_says_what_to_add(says, tmp_path):
    (tmp_path / "walk.csv").write_text("1,2,3,4,5,6\n" * 10)
    says(2, ("walk.csv", "rate"), "run", "boat", "--plates", "recording:walk.csv", *SHORT)


def test_a_missing_recording_is_named(says):
    says(2, ("no.csv",), "run", "boat", "--plates", "recording:no.csv", *SHORT)
