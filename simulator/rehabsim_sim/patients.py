"""Who can be on the belts, by name, and how ill.

The categories of low-back pain are archetypes, not measurements of anybody: on average,
asymmetry and latency differ little between patients and others, so they are parameters here.
The affected side is always the left.

Source: directions and sizes after Smith 2022 (JSHS; slower, shorter, more regular steps), Ruhe
2010 and 2011 (more sway), Cholewicki 2005 (later trunk reflexes), Simmonds 2012; after a stroke
Patterson 2008, Balasubramanian 2007 and Bowden 2006; after amputation Nolan 2003 and Hak 2014.
The values were chosen so that the outcomes land there; VALIDATION.md says how near.
"""

import math
from dataclasses import fields, replace

from rehabsim.base.errors import ConfigError
from rehabsim_sim.traits import Traits

HEALTHY = Traits()
MAX_SEVERITY = 1.5

PATIENTS: dict[str, Traits] = {
    # An adult of 75 kg.
    "healthy": HEALTHY,
    # The same, who shifts load from leg to leg while walking and leans about while standing, as
    # one who steers with their weight.
    "steering": replace(
        HEALTHY, load_intent_frac=0.02, sway_intent_x_m=0.010, sway_intent_y_m=0.030
    ),
    # Too little activation of the core: later and weaker reactions, more of every variation
    # (Cholewicki 2005: trunk reflexes 77 ms instead of 63 ms before an injury).
    "insufficient_core": replace(
        HEALTHY,
        plan_ahead_s=0.145,
        hurry_delay_s=0.11,
        ankle_gain=0.70,
        ankle_delay_s=0.10,
        step_width_m=0.15,
        step_time_noise_frac=0.026,
        place_noise_x_m=0.006,
        place_noise_y_m=0.014,
        sense_noise_m=0.0010,
        wander_x_m=0.0044,
        wander_y_m=0.0025,
        feel_x_m=0.0010,
        feel_y_m=0.00075,
        preferred_speed_mps=1.10,
        visual_delay_s=0.34,
        aim_gain=0.9,
        target_error_m=0.028,
        aim_noise_frac=0.16,
        reach_frac=0.72,
        reach_mps=0.075,
        step_error_m=0.023,
        left_step_error_m=0.023,
    ),
    # Too much activation: stiff, short and very regular steps (Smith 2022: less phase shift,
    # paraspinal amplitude up by 0.5 SD), small but quick sway.
    "excessive_core": replace(
        HEALTHY,
        plan_ahead_s=0.135,
        hurry_delay_s=0.10,
        ankle_gain=0.90,
        walk_ratio_m_per_spm=0.0056,
        step_time_noise_frac=0.014,
        step_time_alpha=0.65,
        place_noise_x_m=0.003,
        place_noise_y_m=0.007,
        wander_x_m=0.0028,
        wander_y_m=0.0016,
        feel_x_m=0.0010,
        feel_y_m=0.0008,
        preferred_speed_mps=1.05,
        visual_delay_s=0.38,
        aim_gain=0.8,
        target_error_m=0.022,
        aim_noise_frac=0.1,
        reach_frac=0.7,
        reach_mps=0.05,
        step_error_m=0.021,
        left_step_error_m=0.021,
    ),
    # Spares the left leg: stance time, force peak and standing load about 5 % lower there
    # (antalgic gait is visible from about 5 to 15 %).
    "asymmetric_loading": replace(
        HEALTHY,
        step_time_asymmetry_frac=0.05,
        force_asymmetry_frac=0.04,
        stance_asymmetry_frac=-0.06,
        step_asymmetry_frac=-0.10,
        walk_ratio_m_per_spm=0.0057,
        step_time_noise_frac=0.024,
        preferred_speed_mps=1.00,
        visual_delay_s=0.34,
        aim_gain=0.9,
        target_error_m=0.022,
        aim_noise_frac=0.14,
        reach_frac=0.74,
        reach_mps=0.07,
        step_error_m=0.020,
        left_step_error_m=0.024,
    ),
    # Loses balance: late, weak, wide and noisy (Ruhe 2010: more sway in 14 of 16 papers).
    "balance_loss": replace(
        HEALTHY,
        plan_ahead_s=0.18,
        hurry_delay_s=0.16,
        ankle_gain=0.70,
        ankle_delay_s=0.12,
        stance_gain=1.4,
        stance_delay_s=0.13,
        step_width_m=0.165,
        min_step_m=-0.20,
        max_step_m=0.95,
        min_hurry_frac=0.70,
        step_time_noise_frac=0.028,
        place_noise_x_m=0.007,
        place_noise_y_m=0.016,
        sense_noise_m=0.0012,
        wander_x_m=0.0053,
        wander_y_m=0.0030,
        feel_x_m=0.0012,
        feel_y_m=0.0009,
        preferred_speed_mps=1.00,
        visual_delay_s=0.42,
        aim_gain=0.75,
        target_error_m=0.032,
        aim_noise_frac=0.2,
        reach_frac=0.62,
        reach_mps=0.05,
        step_error_m=0.028,
        left_step_error_m=0.028,
    ),
    # Stands and walks off the middle: leans back, bears more on the left, drifts slowly.
    "postural": replace(
        HEALTHY,
        lean_x_m=-0.020,
        stance_asymmetry_frac=0.04,
        cop_offset_y_m=0.006,
        step_time_noise_frac=0.022,
        wander_time_s=2.5,
        wander_x_m=0.0046,
        wander_y_m=0.0026,
        preferred_speed_mps=1.10,
        visual_delay_s=0.34,
        aim_gain=0.9,
        target_error_m=0.035,
        aim_noise_frac=0.14,
        reach_frac=0.72,
        reach_mps=0.07,
        step_error_m=0.023,
        left_step_error_m=0.023,
    ),
    # Tires: fresh at first, after ten minutes of walking slow to react, wide and irregular.
    "lumbar_fatigue": replace(
        HEALTHY,
        fatigue_per_s=1 / 600,
        preferred_speed_mps=1.10,
        visual_delay_s=0.32,
        aim_gain=0.95,
        target_error_m=0.016,
        aim_noise_frac=0.12,
        reach_frac=0.8,
        reach_mps=0.08,
        step_error_m=0.021,
        left_step_error_m=0.021,
    ),
    # After a stroke, the left side weak: slow, wide, irregular; the left leg bears less, and
    # less long, and pushes off weakly (published: 0.6 m/s, step lengths apart by 10 to 20 %,
    # 40 % of the weight on the weak side).
    "hemiparetic": replace(
        HEALTHY,
        plan_ahead_s=0.14,
        hurry_delay_s=0.12,
        left_push_loss_frac=0.25,
        left_ankle_frac=0.6,
        step_time_asymmetry_frac=0.03,
        stance_asymmetry_frac=-0.10,
        step_width_m=0.17,
        step_time_noise_frac=0.03,
        place_noise_x_m=0.006,
        place_noise_y_m=0.012,
        stance_delay_s=0.12,
        stance_gain=1.4,
        wander_x_m=0.0046,
        wander_y_m=0.0036,
        feel_x_m=0.0011,
        feel_y_m=0.0010,
        preferred_speed_mps=0.65,
        visual_delay_s=0.45,
        aim_gain=0.75,
        target_error_m=0.032,
        aim_noise_frac=0.2,
        reach_frac=0.6,
        reach_mps=0.05,
        step_error_m=0.023,
        left_step_error_m=0.039,
    ),
    # A prosthesis below the left knee: no push-off of its own and half the ankle; the other leg
    # stands longer and lands harder (published: stance 3 to 5 % shorter, the prosthetic step 5 %
    # longer, second peak 5 to 10 % lower, wider).
    "amputee": replace(
        HEALTHY,
        left_push_loss_frac=0.20,
        left_ankle_frac=0.5,
        step_time_asymmetry_frac=0.03,
        step_asymmetry_frac=-0.06,
        stance_asymmetry_frac=-0.05,
        step_width_m=0.17,
        step_time_noise_frac=0.024,
        place_noise_x_m=0.005,
        place_noise_y_m=0.012,
        wander_x_m=0.0044,
        wander_y_m=0.0026,
        feel_x_m=0.0010,
        feel_y_m=0.0008,
        preferred_speed_mps=1.10,
        visual_delay_s=0.34,
        aim_gain=0.9,
        target_error_m=0.02,
        aim_noise_frac=0.16,
        reach_frac=0.72,
        reach_mps=0.065,
        step_error_m=0.028,
        left_step_error_m=0.022,
    ),
    # Nobody, for zeroing the plates.
    "empty_belts": replace(HEALTHY, mass_kg=0.0),
}


def self_paced(traits: Traits) -> Traits:
    """Return the same person on belts that they know to follow them."""
    return replace(traits, lead_mps=0.15)


def patient(name: str) -> Traits:
    """Return the traits of `NAME` or `NAME:SEVERITY`.

    Severity runs from 0, healthy, through 1, as listed here, to 1.5; every trait in between is
    interpolated.

    Raises:
        ConfigError: The name is not known, or the severity is out of range.
    """
    plain, colon, severity = name.partition(":")
    if plain not in PATIENTS:
        raise ConfigError(f"patient: unknown name {plain!r}. Known: {', '.join(PATIENTS)}.")
    if not colon:
        return PATIENTS[plain]
    try:
        part = float(severity)
    except ValueError:
        part = math.nan
    if not 0 <= part <= MAX_SEVERITY:
        raise ConfigError(
            f"patient {name!r}: severity {severity!r} is not a number from 0, healthy, to"
            f" {MAX_SEVERITY:g}; 1 is {plain} as listed."
        )
    ill = PATIENTS[plain]
    if ill.mass_kg == 0:
        return ill
    pairs = [(f.name, getattr(HEALTHY, f.name), getattr(ill, f.name)) for f in fields(Traits)]
    return Traits(**{name: well + part * (is_now - well) for name, well, is_now in pairs})
