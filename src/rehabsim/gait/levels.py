"""Levels and times by which contacts are told.

All were chosen on the simulated people, none on a recording.
"""

SEAM_M = 0.25
"""From the seam to where a foot usually stands; turns the share of load into a place."""

UNKNOWN_WEIGHT_N = 500.0
"""Stands in until the person has been weighed."""

EDGE_FRAC = 0.15
"""Of body weight: a plate that was empty and bears more has a foot, if the pressure moved too."""

CREPT_S = 0.08
"""A plate that began to fill so long before the pressure jumped was filled by the other foot."""

CREEP_RATIO = 4.0
"""If it then filled so many times as quickly."""

NEARLY_FRAC = 0.06
"""The same when the pressure has jumped already."""

SURE_FRAC = 0.30
"""The same without the pressure's word (Song, Choi & Collins 2020 use 0.3 as step trigger)."""

SLOW_FRAC = 0.45
"""The same if the plate filled slowly, as under the edge of the other foot."""

FLOOR_FRAC = 0.04
"""Of body weight: less is an empty plate, whatever its noise."""

GONE_FRAC = 0.07
"""Of body weight, about 50 N: a toe-off is dated by the fall to this level, as laboratories do."""

TAIL_S = 0.012
"""But no longer before the plate is empty: at 0.4 m/s the simulated foot lets the last newtons go
so slowly that this level is passed 67 ms before it leaves the ground."""

EDGE_RISE_S = 0.15
"""A plate that fills more slowly fills under a shift of weight, not under a landing."""

NUDGE_M = 0.03
"""The pressure has moved forward by as much when a foot has landed ahead."""

JUMP_M = (0.05, 0.10)
"""Least and greatest rise that makes a jump; between them a quarter of the last ones."""

JUMP_S = 0.40
"""A slower rise is leaning."""

SHARP_S = 0.10
"""A quicker jump is dated well."""

FALL_M = 0.03
"""The pressure has turned back by as much after the jump has ended."""

WALKING_S = 2.0
"""Jumps count for so long after a landing: who stands and leans does not walk."""

EMPTYING_S = 0.06
"""A plate that is emptying is given so long before the end of the jump dates the toe-off."""

STEADY_S = 0.02
STEADY_FRAC = 0.03
"""A plate that loses less than this of body weight in that time has stopped emptying."""

TOLD_S = 0.08
"""Where a plate fills slowly, the pressure has jumped by then if a foot has stepped ahead."""

STEEP_S = 0.06
STEEP_FRAC = 0.20
"""Where nothing but vertical force is measured, a landing fills its plate by so much of body
weight in that time; the edge of the other foot, rolling over, fills it more slowly."""

OFF_FRAC = 0.20
OFF_S = 0.08
"""And there a foot has lifted when its plate has borne less than this for so long."""

LIFTED_S = 0.008
"""A plate is empty when it has been for so long."""

CLEARLY_M = 0.04
MAX_DOUBTS = 2
"""So often in a row the pressure may move so far away from the foot that should have landed."""

MIN_STRIDE_S = 0.35
MIN_STEP_S = 0.15
"""Two landings are not closer: of the same foot, of both."""

BODY_FRAC = 0.7
"""Of body weight: somebody stands there."""

SILENT_DOWN_S = 0.15
"""A whole body on plates and no foot down for so long: one landed unseen."""
