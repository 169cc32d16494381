"""What a therapist may turn in the standing tests."""

from typing import Annotated, Literal

from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.training.knob import Knob


class BalanceParams(Strict):
    """`[params]` of a session of standing tests.

    Attributes:
        test: Which: `limits` of stability; `sensory` organisation; `symmetry` of weight bearing;
            `reposition`, finding a lean again; `sudden` load.
        body_height_m: Of the person, standing; every distance is scaled to it.
        reach_frac: Of the limit in its direction, to the middle of a target; `reposition` asks for
            four to eight tenths of it.
        target_radius_m: Of the ring in which a centre of gravity counts as there.
        limits_s: `limits`: for each target.
        round_count: `limits`: times around the eight targets.
        stand_s: `sensory` and `symmetry`: of each trial.
        repeat_count: `sensory`: trials of each condition.
        trial_count: `symmetry`, `reposition` and `sudden`: in all.
        rest_s: Between trials, while the result is shown.
        has_platform: The room has a moving platform, engaged before the test: the floor of
            `sensory` sways along, and `sudden` pushes with it. Else `sensory` has the first three
            conditions only, and `sudden` pushes with the belts, to the back only.
        vision_gain: `sensory`: turn of the surround per turn of the person; 1 moves it along.
        floor_gain: `sensory`: the same of the platform.
        share_target_frac: `symmetry`: of the load, on the left.
        share_band_frac: `symmetry`: how far off counts as there.
        find_s: `reposition`: to go to a target, and to find it again; the last second counts.
        watch_s: `sudden`: from the push to the end of its trial.
        pulse_mps: `sudden`: change of both belts, from rest.
        pulse_hold_s: `sudden`: at that speed.
        pulse_m: `sudden`: way of the platform.
    """

    test: Literal["limits", "sensory", "symmetry", "reposition", "sudden"] = "limits"
    body_height_m: Annotated[float, Field(ge=0.8, le=2.4), Knob("a person {} m tall")] = 1.75
    reach_frac: Annotated[
        float,
        Field(ge=0.2, le=1.2),
        Knob("targets at {} of the limit", is_live=True, harder="more", tap=0.05),
    ] = 1.0
    target_radius_m: Annotated[
        float,
        Field(ge=0.005, le=0.08),
        Knob("targets {} m in radius", is_live=True, harder="less", tap=0.005),
    ] = 0.025
    limits_s: Annotated[
        float, Field(ge=4, le=20), Knob("{} s for each target", is_live=True, harder="less", tap=1)
    ] = 8.0
    round_count: Annotated[int, Field(ge=1, le=5), Knob("{} times around the targets")] = 1
    stand_s: Annotated[float, Field(ge=8, le=60), Knob("trials of {} s", harder="more", tap=5)] = (
        20.0
    )
    repeat_count: Annotated[int, Field(ge=1, le=5), Knob("{} trials of each condition")] = 3
    trial_count: Annotated[int, Field(ge=1, le=40), Knob("{} trials")] = 6
    rest_s: Annotated[
        float, Field(ge=1, le=60), Knob("{} s of rest between trials", is_live=True, tap=1)
    ] = 2.0
    has_platform: bool = False
    vision_gain: Annotated[
        float,
        Field(ge=0, le=5),
        Knob("the picture turns {} times as far as you", is_live=True, harder="more", tap=0.25),
    ] = 1.0
    floor_gain: Annotated[
        float,
        Field(ge=0, le=1.5),
        Knob("the floor turns {} times as far as you", is_live=True, harder="more", tap=0.1),
    ] = 1.0
    share_target_frac: Annotated[
        float, Field(ge=0.25, le=0.75), Knob("{} of the load on the left", is_live=True, tap=0.05)
    ] = 0.5
    share_band_frac: Annotated[
        float,
        Field(ge=0.01, le=0.2),
        Knob("within {} of it", is_live=True, harder="less", tap=0.01),
    ] = 0.05
    find_s: Annotated[
        float, Field(ge=3, le=15), Knob("{} s to find a lean", is_live=True, harder="less", tap=1)
    ] = 5.0
    watch_s: Annotated[float, Field(ge=2, le=10), Knob("watched for {} s")] = 3.0
    pulse_mps: Annotated[
        float,
        Field(ge=0.05, le=0.5),
        Knob("belts push at {} m/s", is_live=True, harder="more", tap=0.05),
    ] = 0.15
    pulse_hold_s: Annotated[
        float, Field(ge=0, le=0.3), Knob("for {} s", is_live=True, harder="more", tap=0.05)
    ] = 0.2
    pulse_m: Annotated[
        float,
        Field(ge=0.005, le=0.08),
        Knob("the platform pushes {} m", is_live=True, harder="more", tap=0.005),
    ] = 0.03
