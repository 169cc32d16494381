"""What the person feels: the belts through the feet, the deck through the whole body."""

import math

from rehabsim_sim.forces import belt_under
from rehabsim_sim.jit import compiled
from rehabsim_sim.person import (
    DT_S,
    FEEL_Y,
    PERSON_NOISES,
    WALKING,
    WANDER_Y,
    Array,
    Person,
    Surroundings,
)
from rehabsim_sim.standing import FEEL_S

BELT_FEEL_S, ACCEL_FEEL_S = 0.10, 0.15

REST_MPS = 0.005


@compiled
def listen(person: Person, noise: Array, at: int) -> None:
    """Keep the slow noises going: white noise through two equal low-passes each."""
    traits, mind = person.traits[0], person.mind[0]
    for i in range(PERSON_NOISES):
        time_s = traits.intent_time_s
        if i <= WANDER_Y:
            time_s = traits.wander_time_s
        elif i <= FEEL_Y:
            time_s = FEEL_S
        rate = DT_S / time_s
        mind.slow_noise[0, i] += rate * (noise[at, i] - mind.slow_noise[0, i])
        mind.slow_noise[1, i] += rate * (mind.slow_noise[0, i] - mind.slow_noise[1, i])


@compiled
def feel_belts(person: Person, around: Surroundings) -> None:
    """Feel the belts through the feet on the ground and the slope, and learn how belts differ."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    lead, trail = body.lead, 1 - body.lead
    felt = mind.felt_belt_mps
    lead_mps2 = (belt_under(body, lead, around) - felt[lead]) / BELT_FEEL_S
    felt[lead] += DT_S * lead_mps2
    change_mps2 = lead_mps2
    if body.is_down[trail]:
        # A foot that has just landed cannot tell a faster belt from one that accelerates.
        change_mps2 = (belt_under(body, trail, around) - felt[trail]) / BELT_FEEL_S
        felt[trail] += DT_S * change_mps2
    mind.felt_accel_mps2 += DT_S / ACCEL_FEEL_S * (change_mps2 - mind.felt_accel_mps2)
    if body.posture == WALKING:
        is_on_left = body.heel_y_m[lead] >= 0
        is_on_both = is_on_left != (body.heel_y_m[trail] >= 0)
        if body.is_down[trail] and is_on_both:
            rate = DT_S / traits.belt_difference_time_s
            mind.felt_difference_mps += rate * (felt[0] - felt[1] - mind.felt_difference_mps)
        other_mps = felt[lead] + mind.felt_difference_mps * (-1.0 if is_on_left else 1.0)
        mind.felt_mean_mps = 0.5 * (felt[lead] + other_mps)
        mind.belt_offset_mps = felt[lead] - mind.felt_mean_mps
        mind.fatigue_frac = min(mind.fatigue_frac + DT_S * traits.fatigue_per_s, 1.0)
    else:
        mind.felt_mean_mps = 0.5 * (felt[0] + felt[1])
        mind.belt_offset_mps = 0.0
        mind.fatigue_frac = max(mind.fatigue_frac - 0.5 * DT_S * traits.fatigue_per_s, 0.0)
    is_at_rest = abs(around.belt_mps[0]) < REST_MPS and abs(around.belt_mps[1]) < REST_MPS
    mind.rest_s = mind.rest_s + DT_S if is_at_rest else 0.0


@compiled
def feel_deck(person: Person, around: Surroundings) -> None:
    """Feel how the deck lies and, a little late, how it pushes."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    mind.felt_x_m = body.x_m - traits.com_height_m * math.tan(around.slope_rad)
    mind.felt_y_m = body.y_m - traits.com_height_m * math.tan(around.roll_rad)
    push_x_mps2 = around.slope_accel_radps2 * body.z_m - around.accel_x_mps2
    push_y_mps2 = around.roll_accel_radps2 * body.z_m - around.accel_y_mps2
    rate = DT_S / traits.deck_feel_s
    mind.felt_push_x_mps2 += rate * (push_x_mps2 - mind.felt_push_x_mps2)
    mind.felt_push_y_mps2 += rate * (push_y_mps2 - mind.felt_push_y_mps2)
