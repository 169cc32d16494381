"""What a person is like: the numbers that the walker runs on."""

from dataclasses import dataclass


@dataclass
class Traits:
    """What a person is like; the defaults are a healthy adult of 75 kg and 1.75 m.

    Attributes:
        mass_kg: Body mass; 0 is nobody.
        com_height_m: Mean height of the centre of mass.
        walk_ratio_m_per_spm: Step length over cadence.
        step_width_m: Usual distance between the feet, side to side.
        stance_width_m: The same while standing.
        roll_length_m: Heel-to-toe travel of the centre of pressure.
        roll_start_m: Where it starts, ahead of the heel.
        toe_out: Tangent of the angle by which the feet point outward, so that the COP moves
            outward as it rolls; healthy adults walk with 5 to 10 degrees.
        foot_width_m: Width of the sole that loads the plate.
        ankle_gain: Shift of the COP per deviation of the extrapolated COM, in a step.
        ankle_delay_s: Delay of that loop.
        max_ankle_x_m: Furthest such shift along the foot.
        max_ankle_y_m: The same across.
        hurry_delay_s: How long after a large deviation the step becomes quicker.
        plan_ahead_s: How long before contact the swing foot's place is decided.
        min_step_m: Furthest step back.
        max_step_m: Furthest step forward.
        min_width_m: Furthest cross-over, negative.
        max_width_m: Furthest step aside.
        hurry_gain_per_m: How much a large deviation shortens the step time.
        min_hurry_frac: The least part of its time that a step takes.
        min_step_time_s: The quickest step.
        step_time_noise_frac: SD of step time, with long-range correlation.
        step_time_alpha: DFA exponent of that noise.
        pace_noise_frac: SD of the intended speed from step to step.
        pace_alpha: DFA exponent of that noise.
        place_noise_x_m: SD of foot placement, along.
        place_noise_y_m: The same, across.
        sense_noise_m: SD of the felt position of the COM; rate: times omega.
        force_noise_frac: SD of the force amplitude from step to step.
        shape_noise_frac: SD of what the first peak gains on the second from step to step.
        step_time_asymmetry_frac: Left single support shorter by this, right longer.
        force_asymmetry_frac: Left force template lower by this, right higher.
        stance_asymmetry_frac: Left load share while standing, above a half.
        step_asymmetry_frac: Left step length above the right one, over their sum, that feels
            right.
        left_push_loss_frac: How much weaker the left foot pushes off.
        left_ankle_frac: What is left of the left ankle's control of balance.
        lean_x_m: Offset of the standing posture, forward.
        cop_offset_y_m: Offset of the COP under both feet, to the left.
        station_gain_per_s: Speed change per metre off the place one wants to walk at.
        drift_gain_s: How far ahead of the middle that place is, per m/s of preferred speed
            above the belts'; what a self-paced treadmill answers.
        lead_mps: How much faster or slower than the belts one walks at most to reach the preferred
            speed, as one does once the belts are known to follow; 0 on belts that do not.
        preferred_speed_mps: Comfortable walking speed.
        anticipation_s: How far ahead a felt belt acceleration is expected to last.
        deck_feel_s: Time constant of feeling the deck move; infinity is not feeling it at all.
        speed_time_s: Time constant of the intended speed.
        urgent_time_s: The same when it is far off.
        stance_gain: Gain of upright standing on the extrapolated COM.
        stance_delay_s: Delay of that loop.
        wander_x_m: SD of the slow wandering of the standing posture, forward.
        wander_y_m: The same, to the left.
        wander_time_s: Its time constant.
        feel_x_m: SD of fast errors of the felt posture, forward.
        feel_y_m: The same, to the left.
        belt_difference_time_s: How fast a left-right speed difference is learned.
        fast_retention: Two-rate split-belt adaptation: kept from stride to stride, fast.
        fast_rate: Learned from each stride, fast.
        slow_retention: Kept from stride to stride, slow.
        slow_rate: Learned from each stride, slow.
        sway_intent_x_m: SD of the voluntary lean to the front and back while standing.
        sway_intent_y_m: The same to the sides.
        lane_intent_m: SD of the voluntary change of lane while walking.
        load_intent_frac: SD of the voluntary shift of load to one leg while walking, as
            load share.
        intent_time_s: Time constant of these voluntary movements.
        fatigue_per_s: How fast lumbar fatigue grows while walking, towards 1; rest undoes it
            half as fast.
        visual_delay_s: From a picture to the intention that answers it.
        aim_gain: How much of what a picture asks for is done; 1 is healthy.
        target_error_m: Mean distance from where one is to where one believes to be when shifting
            weight to a target, from a constant and a trial's error in equal parts.
        aim_noise_frac: SD of the slow error of a shift of weight, per shift.
        reach_frac: How far weight is shifted at most, as a part of the theoretical limits of
            stability.
        reach_mps: How fast.
        step_error_m: Mean distance, fore or aft, of the right foot from a line that it is aimed at.
        left_step_error_m: The same of the left foot.

    Source of the six from `visual_delay_s` on: lumbar reposition error 1.9 to 2.8 degrees in the
    healthy and 4 to 7.5 in impaired people, at 5 mm a degree; limits of stability of young adults
    at 8 degrees to the sides, 6.25 forward, 4.45 back, of which 75 to 85 % are reached at first
    and 90 to 100 % in the end, at 4 to 6 degrees a second; manual tracking answers a picture after
    0.2 to 0.3 s. How much worse each patient does it was chosen within those ranges.

    Source of the last two: feet beside lines by 1.9 cm in the healthy, after a stroke by 2.3 on the
    sound and 3.9 on the weak side (PMC8560566, mean absolute errors, there from side to side);
    worse than the healthy after amputation on treadmill targets (Houdijk 2012), the sound foot
    more so than the prosthesis, 2.8 to 1.6 cm off the middle of a target (J Biomech 2020). Of the
    others nothing is known; they were put between.
    """

    mass_kg: float = 75.0
    com_height_m: float = 0.99
    walk_ratio_m_per_spm: float = 0.0060
    step_width_m: float = 0.14
    stance_width_m: float = 0.20
    roll_length_m: float = 0.20
    roll_start_m: float = 0.03
    toe_out: float = 0.12
    foot_width_m: float = 0.08
    ankle_gain: float = 0.85
    ankle_delay_s: float = 0.08
    max_ankle_x_m: float = 0.15
    max_ankle_y_m: float = 0.038
    hurry_delay_s: float = 0.08
    plan_ahead_s: float = 0.12
    min_step_m: float = -0.45
    max_step_m: float = 1.15
    min_width_m: float = -0.10
    max_width_m: float = 0.50
    hurry_gain_per_m: float = 2.0
    min_hurry_frac: float = 0.6
    min_step_time_s: float = 0.35
    step_time_noise_frac: float = 0.020
    step_time_alpha: float = 0.90
    pace_noise_frac: float = 0.010
    pace_alpha: float = 0.85
    place_noise_x_m: float = 0.004
    place_noise_y_m: float = 0.010
    sense_noise_m: float = 0.0007
    force_noise_frac: float = 0.025
    shape_noise_frac: float = 0.020
    step_time_asymmetry_frac: float = 0.0
    force_asymmetry_frac: float = 0.0
    stance_asymmetry_frac: float = 0.0
    step_asymmetry_frac: float = 0.0
    left_push_loss_frac: float = 0.0
    left_ankle_frac: float = 1.0
    lean_x_m: float = 0.0
    cop_offset_y_m: float = 0.0
    station_gain_per_s: float = 0.06
    drift_gain_s: float = 0.12
    lead_mps: float = 0.0
    preferred_speed_mps: float = 1.25
    anticipation_s: float = 0.4
    deck_feel_s: float = 0.10
    speed_time_s: float = 0.4
    urgent_time_s: float = 0.3
    stance_gain: float = 1.5
    stance_delay_s: float = 0.10
    wander_x_m: float = 0.0035
    wander_y_m: float = 0.0020
    wander_time_s: float = 1.5
    feel_x_m: float = 0.0008
    feel_y_m: float = 0.0006
    belt_difference_time_s: float = 0.1
    fast_retention: float = 0.92
    fast_rate: float = 0.05
    slow_retention: float = 0.997
    slow_rate: float = 0.010
    sway_intent_x_m: float = 0.0
    sway_intent_y_m: float = 0.0
    lane_intent_m: float = 0.01
    load_intent_frac: float = 0.004
    intent_time_s: float = 3.0
    fatigue_per_s: float = 0.0
    visual_delay_s: float = 0.30
    aim_gain: float = 1.0
    target_error_m: float = 0.012
    aim_noise_frac: float = 0.10
    reach_frac: float = 0.85
    reach_mps: float = 0.085
    step_error_m: float = 0.019
    left_step_error_m: float = 0.019
