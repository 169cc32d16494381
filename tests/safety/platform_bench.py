"""A bench for the platform's guard: fresh inputs unless spoilt, and a base that obeys."""

from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import PlatformSample, PlatformWish, Pose
from rehabsim.safety.platform import guard_platform
from rehabsim.safety.platform_messages import PlatformDecision, PlatformInputs, PlatformState

TICK_NS = 4_000_000
TICK_S = 0.004
HOME = Pose()

LIMITS = PlatformLimits(
    max_x_m=0.1,
    max_y_m=0.09,
    max_z_m=0.08,
    max_roll_rad=0.14,
    max_pitch_rad=0.13,
    max_yaw_rad=0.12,
    max_speed_mps=0.2,
    max_rate_radps=0.35,
    max_accel_mps2=1.0,
    max_accel_radps2=1.75,
    max_perturb_speed_mps=0.3,
    max_perturb_rate_radps=0.7,
    max_perturb_accel_mps2=2.5,
    max_perturb_accel_radps2=6.0,
    max_perturb_s=0.6,
    min_calm_s=2.0,
    freeze_mps2=3.2,
    freeze_radps2=7.5,
    max_settle_speed_mps=0.05,
    max_settle_rate_radps=0.06,
    max_wish_age_s=0.1,
    max_sample_age_s=0.11,
    max_error_m=0.03,
    max_error_rad=0.05,
    max_error_s=0.12,
)
"""No two alike where they could be taken for each other."""

RISE_TICKS = 5
ONSET_TICKS, ONSET_TICK_NS = 30, 100_000_000
"""So long the movement begins; a tick later it follows the wish as it is."""

AXES = Pose.__struct_fields__


def axes(pose):
    return [getattr(pose, name) for name in AXES]


class Base:
    """A motion base that does at once what it is told, and takes some ticks to rise and park."""

    def __init__(self):
        self.state, self.pose, self.hold, self.is_emergency = "idle", HOME, "", False
        self.is_home = True
        self._ticks = 0

    def obey(self, command):
        self._ticks += 1
        act = command.act
        if self.state in ("rising", "parking"):
            if self._ticks > RISE_TICKS:
                self.state = "engaged" if self.state == "rising" else "idle"
                self.is_home = self.state == "idle"
        elif act == "engage" and self.state == "idle" and self.is_home:
            self.state, self._ticks, self.is_home = "rising", 0, False
        elif act in ("move", "freeze") and self.state == "engaged":
            self.pose = command.pose
        elif act == "settle" and self.state == "engaged":
            self.state, self._ticks, self.pose = "parking", 0, HOME
        elif act == "reset" and self.state in ("fault", "inhibited"):
            self.state, self.hold = "idle", ""

    def sample(self, t_ns):
        return PlatformSample(
            t_ns, self.pose, self.state, self.is_home, self.hold, self.is_emergency
        )


class Bench:
    """A guard and a base that obeys; belts that the test sets."""

    def __init__(self, limits=LIMITS):
        self.limits = limits
        self.state = PlatformState()
        self.base = Base()
        self.t_ns = 0
        self.belt_mode, self.is_at_rest = "idle", True
        self.wish = PlatformWish(HOME)
        self.decisions: list[PlatformDecision] = []

    def tick(self, ask="", *, dt_ns=TICK_NS, wish_age_ns=0, sample_age_ns=0, **spoilt):
        """Make one decision; `spoilt` replaces inputs."""
        self.t_ns += dt_ns
        fresh = {
            "t_ns": self.t_ns,
            "wish": self.wish,
            "wish_t_ns": self.t_ns - wish_age_ns,
            "sample": self.base.sample(self.t_ns - sample_age_ns),
            "belt_mode": self.belt_mode,
            "is_at_rest": self.is_at_rest,
            "ask": ask,
        }
        decision = guard_platform(self.state, PlatformInputs(**fresh | spoilt), self.limits)
        self.state = decision.state
        self.decisions.append(decision)
        self.base.obey(decision.command)
        return decision

    def ticks(self, count, **spoilt):
        return [self.tick(**spoilt) for _ in range(count)]

    def settled(self):
        self.tick("settle")
        assert self.state.mode == "settled"
        return self

    def engaged(self):
        self.settled()
        self.tick("engage")
        self.ticks(RISE_TICKS + 3)
        assert (self.state.mode, self.state.is_up) == ("engaged", True)
        return self

    def moving(self, pose=None, seconds=0.0):
        """Let it follow the training, no longer gently, perhaps to `pose` for some time."""
        self.engaged()
        self.belt_mode, self.is_at_rest = "running", False
        self.tick()
        assert self.state.mode == "moving"
        for _ in range(ONSET_TICKS):
            self.tick(dt_ns=ONSET_TICK_NS)
        if pose is not None:
            self.wish = PlatformWish(pose)
        self.ticks(round(seconds / TICK_S))
        return self

    def rest(self):
        """Let the belts have come to rest, locked."""
        self.belt_mode, self.is_at_rest = "locked", True

    def kinds(self):
        return [(e.kind, e.severity) for d in self.decisions for e in d.events]

    def texts(self):
        return [event.text for decision in self.decisions for event in decision.events]


def check_step(before, decision, limits, dt_s):
    """Assert that a decision keeps every axis inside box, speed and acceleration."""
    boxes = [getattr(limits, f"max_{name}") for name in AXES]
    state = decision.state
    is_brisk = state.perturbed_ns is not None
    for k, edge in enumerate(boxes):
        unit = "mps" if k < 3 else "radps"
        speed = f"max_{'perturb_' * is_brisk}{'speed' if k < 3 else 'rate'}_{unit}"
        accel = getattr(limits, f"max_{'perturb_' * is_brisk}accel_{unit}2")
        brake = getattr(limits, f"max_accel_{unit}2")
        if state.mode == "freeze":
            accel = getattr(limits, f"freeze_{unit}2")
        place, rate, was = axes(state.pose)[k], state.rate[k], before.rate[k]
        assert -edge <= place <= edge
        assert -edge <= axes(decision.command.pose)[k] <= edge
        to_edge = max(edge - place, 0.0) if rate > 0 else max(edge + place, 0.0)
        assert rate**2 <= 2 * brake * to_edge + 1e-9
        assert abs(rate) <= max(getattr(limits, speed), abs(was) - accel * dt_s) + 1e-9
        if state.is_ours:  # else nothing that is remembered of set points was told
            assert abs(place - axes(before.pose)[k]) <= abs(rate) * dt_s + 1e-12
        if dt_s > 0 and state.mode in ("moving", "freeze", "settling"):
            assert abs(rate - was) <= accel * dt_s + 1e-9
