"""What holds for every sequence of inputs."""

from math import nan

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import structs
from safety.bench import LIMITS, SOMEONE, Bench, ask
from safety.promises import Watch

from rehabsim.base.records import Wish

ASKS = st.sampled_from(["arm", "start", "pause", "stop", "reset"])
NUMBERS = st.floats(0.0, 2.5) | st.floats(allow_nan=True, allow_infinity=True)
AGES_NS = st.integers(-30_000_000, 130_000_000) | st.integers(-(2**62), 2**62)


class AnySequence(RuleBasedStateMachine):
    """Good ticks, bad ticks and asks in any order; the invariants look at every decision."""

    def __init__(self):
        super().__init__()
        self.bench = Bench()
        self.wish = Wish(1.0, 1.0)
        self.watch = Watch(LIMITS)

    def tick(self, *names, dt_ns=4_000_000, **spoilt):
        spoilt.setdefault("wish", self.wish)
        before = self.bench.state
        asks = (ask(name, id=str(i)) for i, name in enumerate(names))
        decision = self.bench.tick(*asks, dt_ns=dt_ns, **spoilt)
        self.watch.look(before, self.bench.given.pop(), decision)
        self.bench.decisions.clear()

    @initialize(is_walking=st.booleans())
    def begin(self, is_walking):
        if is_walking:
            for name in ("reset", "arm", "start"):
                self.tick(name)

    @rule(count=st.integers(1, 100))
    def breathe(self, count):
        for _ in range(count):
            self.tick()

    @rule(left=NUMBERS, right=NUMBERS, deck=st.floats(0, 0.2) | NUMBERS)
    def wish_for(self, left, right, deck):
        self.wish = Wish(left, right, deck)
        self.tick()

    @rule(left=st.floats(0.0, 2.5), split=st.floats(-0.5, 0.5), deck=st.floats(0.0, 0.2))
    def wish_sensibly(self, left, split, deck):
        self.wish = Wish(left, max(0.0, left + split), deck)
        self.tick()

    @rule(
        change=st.floats(-0.8, 0.8),
        base=st.floats(0.0, 2.5),
        count=st.integers(1, 200),
        harness_n=st.sampled_from([nan, 0.0, 20.0]),
    )
    def perturb(self, change, base, count, harness_n):
        person = structs.replace(SOMEONE, harness_n=harness_n)
        self.wish = Wish(base, base)
        wish = Wish(max(0.0, base + change), base, is_perturbation=True)
        for _ in range(count):
            self.tick(wish=wish, person=person)

    @rule(
        load_n=st.sampled_from([0.0, 100.0, 300.0, 700.0, 1000.0]) | st.floats(),
        ahead_m=st.sampled_from([0.0, 0.6, -0.7]) | st.floats(),
        harness_n=st.sampled_from([nan, 20.0, 300.0]) | st.floats(),
        count=st.integers(1, 100),
    )
    def be_somewhere(self, load_n, ahead_m, harness_n, count):
        person = structs.replace(SOMEONE, load_n=load_n, cop_x_m=ahead_m, harness_n=harness_n)
        for _ in range(count):
            self.tick(person=person)

    @rule(age_ns=st.integers(0, 400_000_000), count=st.integers(1, 600))
    def look_away(self, age_ns, count):
        for _ in range(count):
            self.tick(display_age_ns=age_ns)

    @rule(
        plates=st.sampled_from(["", "stuck", "saturated"]),
        hold=st.sampled_from(["", "its door is open"]),
        is_emergency=st.booleans(),
        is_armed=st.booleans(),
        count=st.integers(1, 10),
    )
    def be_ill(self, plates, hold, is_emergency, is_armed, count):
        for _ in range(count):
            self.tick(plates=plates, hold=hold, is_emergency=is_emergency, is_armed=is_armed)

    @rule(names=st.lists(ASKS, min_size=1, max_size=4))
    def ask_for(self, names):
        self.tick(*names)

    @rule()
    def go_the_right_way(self):
        for name in ("reset", "arm", "start"):
            self.tick(name)

    @rule(
        field=st.sampled_from(["wish_age_ns", "belt_age_ns", "plate_age_ns", "operator_age_ns"]),
        age_ns=AGES_NS,
    )
    def be_late(self, field, age_ns):
        self.tick(**{field: age_ns})

    @rule(left=NUMBERS, right=NUMBERS)
    def measure(self, left, right):
        self.tick(belt=(left, right))

    @rule(spoilt=st.sampled_from([{"wish": None}, {"belt": None}, {"has_treadmill": False}]))
    def lose(self, spoilt):
        self.tick(**spoilt)

    @rule(dt_ns=st.integers(-(10**10), 10**11))
    def let_time_jump(self, dt_ns):
        self.tick(dt_ns=dt_ns)

    @invariant()
    def every_promise_is_kept(self):
        assert not self.watch.broken


AnySequence.TestCase.settings = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a long history takes minutes to shrink; it is told as it is
    report_multiple_bugs=False,
)
test_no_sequence_of_inputs_makes_an_unsafe_command = AnySequence.TestCase
