import pytest

from rehabsim_sim.batch import Course, live, study
from rehabsim_sim.patients import PATIENTS, patient

COURSES = [
    Course(name, seed, 6.0, ((1.0, 0.8, 0.8, 0.5), (4.55, 0.4, 0.6, 0.5)))
    for name in ("healthy", "amputee:0.5", "hemiparetic", "empty_belts")
    for seed in (1, 2)
]


def ending(course):
    """Return what is true at the end of a course."""
    *_, last = live(course)
    return last.truth[-1].tobytes()


def test_people_in_two_processes_do_what_they_do_alone():
    done = []
    together = study(ending, COURSES, processes=2, on_progress=done.append)
    assert together == [ending(course) for course in COURSES]
    assert len(set(together)) == len(COURSES)
    assert done == list(range(1, len(COURSES) + 1))


def test_the_belts_follow_the_timetable_to_the_millisecond():
    speeds_mps = [world.truth[-1, :2].tolist() for world in live(COURSES[0])]
    assert sum(1 for _ in live(COURSES[0])) == 7
    assert speeds_mps[3] == pytest.approx([0.8, 0.8], abs=0.03)
    assert speeds_mps[-1] == pytest.approx([0.4, 0.6], abs=0.03)


def test_traits_of_ones_own_can_be_studied():
    assert ending(Course(PATIENTS["amputee"])) == ending(Course(patient("amputee:1")))
