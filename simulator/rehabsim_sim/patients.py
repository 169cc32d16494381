"""Who can be on the belts, by name.

The categories are archetypes of low-back pain, not measurements of anybody: on average,
asymmetry and latency differ little between patients and others, so they are parameters here.

Source: directions and sizes after Smith 2022 (JSHS; slower, shorter, more regular steps), Ruhe
2010 and 2011 (more sway), Cholewicki 2005 (later trunk reflexes) and Simmonds 2012; the values
were chosen so that the outcomes land there.
"""

from dataclasses import replace

from rehabsim.base.errors import ConfigError
from rehabsim_sim.traits import Traits

HEALTHY = Traits()
CALM = replace(HEALTHY, load_intent_frac=0.008)

PATIENTS: dict[str, Traits] = {
    # An adult of 75 kg who shifts load from leg to leg now and then while walking.
    "healthy": HEALTHY,
    # The same, leaning about while standing, as one who steers with their weight.
    "steering": replace(HEALTHY, sway_intent_x_m=0.010, sway_intent_y_m=0.030),
    # Too little activation of the core: later and weaker reactions, more of every variation
    # (Cholewicki 2005: trunk reflexes 77 ms instead of 63 ms before an injury).
    "insufficient_core": replace(
        CALM,
        plan_ahead_s=0.145,
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
    ),
    # Too much activation: stiff, short and very regular steps (Smith 2022: less phase shift,
    # paraspinal amplitude up by 0.5 SD), small but quick sway.
    "excessive_core": replace(
        CALM,
        plan_ahead_s=0.135,
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
    ),
    # Spares the left leg: stance time, force peak and standing load about 5 % lower there
    # (antalgic gait is visible from about 5 to 15 %).
    "asymmetric_loading": replace(
        CALM,
        step_time_asymmetry_frac=0.05,
        force_asymmetry_frac=0.04,
        stance_asymmetry_frac=-0.06,
        walk_ratio_m_per_spm=0.0057,
        step_time_noise_frac=0.024,
        preferred_speed_mps=1.00,
    ),
    # Loses balance: late, weak, wide and noisy (Ruhe 2010: more sway in 14 of 16 papers).
    "balance_loss": replace(
        CALM,
        plan_ahead_s=0.18,
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
    ),
    # Stands and walks off the middle: leans back, bears more on the left, drifts slowly.
    "postural": replace(
        CALM,
        lean_x_m=-0.020,
        stance_asymmetry_frac=0.04,
        cop_offset_y_m=0.006,
        step_time_noise_frac=0.022,
        wander_time_s=2.5,
        wander_x_m=0.0046,
        wander_y_m=0.0026,
        preferred_speed_mps=1.10,
    ),
    # Tires: fresh at first, after ten minutes of walking slow to react, wide and irregular.
    "lumbar_fatigue": replace(CALM, fatigue_per_s=1 / 600, preferred_speed_mps=1.10),
    # Nobody, for zeroing the plates.
    "empty_belts": replace(CALM, mass_kg=0.0),
}


def patient(name: str) -> Traits:
    """Return the traits of `name`, or raise a ConfigError that lists the known names."""
    if name not in PATIENTS:
        raise ConfigError(f"patient: unknown name {name!r}. Known: {', '.join(PATIENTS)}.")
    return PATIENTS[name]
