"""Looking again, with the future known: contacts from the centre of pressure alone, and what
they say of the contacts that were found live.

Heel strike is where the centre of pressure of both plates together turns forward, toe-off where
it turns back. Nothing but that is used, so the review shares no level with the live analysis.

Source: Roerdink et al. 2008 (J Biomech 41:2628), there for one plate. Where plates measure no
moments, -height * fx / fz stands in for the pressure ahead of the centre of mass.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np
from scipy.signal import butter, find_peaks, sosfiltfilt

from rehabsim.base.records import GaitEvent, Side
from rehabsim.gait.balance import BODY_HEIGHT_M, COM_HEIGHT_FRAC
from rehabsim.gait.feet import SIDES
from rehabsim.gait.forces import PERSON_N
from rehabsim.gait.frames import Doubles, Instants
from rehabsim.gait.levels import SEAM_M

SMOOTH_HZ = 15.0
"""Second-order Butterworth, forward and backward: no delay."""

MIN_SWING_M = 0.06
"""The pressure must turn back by as much on both sides of a turning point."""

USUAL_FRAC = 0.35
"""And by so much of what it usually does."""

MIN_STEP_S = 0.18
SAME_S = 0.06
NEAR_S = 0.20
"""Live and reviewed are the same within the first, and one event at two times within the second."""

Verdict = Literal["confirmed", "moved", "not confirmed", "added"]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One event and what the review says.

    Attributes:
        live: As found live; None where only the review has it.
        t_ns: As the review has it; None where only live has it.
        side: Whose.
        kind: What.
        verdict: The same, at another time, only live, or only reviewed.
    """

    live: GaitEvent | None
    t_ns: int | None
    side: Side
    kind: Literal["heel_strike", "toe_off"]
    verdict: Verdict


def pressure_contacts(
    t_ns: Instants, wrench: Doubles, *, body_height_m: float = BODY_HEIGHT_M
) -> list[GaitEvent]:
    """Return heel strikes and toe-offs by the centre of pressure, by time.

    Args:
        t_ns: (n,) evenly, when each sample was taken.
        wrench: (n, 12) as in `PlateChunk`.
        body_height_m: Of the person; matters only for plates without moments.

    Returns:
        Latency is infinite: all of the recording has been seen. Confidence is the turn's size
        over the usual one, at most 1.
    """
    rate_hz = 1e9 / float(np.median(np.diff(t_ns))) if len(t_ns) > 1 else nan
    if not len(t_ns) > 0.5 * rate_hz:
        return []
    smooth = butter(2, min(SMOOTH_HZ, 0.4 * rate_hz), fs=rate_hz, output="sos")
    sums = wrench[:, :5] + wrench[:, 6:11]
    sums = sosfiltfilt(smooth, np.nan_to_num(sums, nan=0.0), axis=0)
    split_n = sosfiltfilt(smooth, np.nan_to_num(wrench[:, 2] - wrench[:, 8], nan=0.0))
    fz_n = np.where(sums[:, 2] > PERSON_N, sums[:, 2], nan)
    has_moments = bool(np.isfinite(wrench[:, [3, 4, 9, 10]]).any())
    if has_moments:
        ahead_m, aside_m = -sums[:, 4] / fz_n, sums[:, 3] / fz_n
    else:
        ahead_m = -COM_HEIGHT_FRAC * body_height_m * sums[:, 0] / fz_n
        aside_m = SEAM_M * split_n / fz_n
    turns = _turns(ahead_m, rate_hz)
    return _contacts(t_ns, turns, ahead_m, aside_m)


def _turns(ahead_m: Doubles, rate_hz: float) -> list[tuple[int, bool]]:
    """Return (sample, is it a minimum) of the turning points, minima and maxima in turn."""
    known = np.where(np.isfinite(ahead_m), ahead_m, 0.0)
    apart = max(round(MIN_STEP_S * rate_hz), 1)
    rough, found = find_peaks(-known, prominence=MIN_SWING_M, distance=apart)
    if not len(rough):
        return []
    least_m = max(MIN_SWING_M, USUAL_FRAC * float(np.median(found["prominences"])))
    lows, _ = find_peaks(-known, prominence=least_m, distance=apart)
    highs, _ = find_peaks(known, prominence=least_m, distance=apart)
    every = sorted([(int(i), True) for i in lows] + [(int(i), False) for i in highs])
    turns: list[tuple[int, bool]] = []
    for at, is_low in every:
        if turns and turns[-1][1] == is_low:
            last = turns[-1][0]
            if (known[at] < known[last]) == is_low:
                turns[-1] = (at, is_low)
            continue
        turns.append((at, is_low))
    return [(at, is_low) for at, is_low in turns if np.isfinite(ahead_m[at])]


def _contacts(
    t_ns: Instants,
    turns: Sequence[tuple[int, bool]],
    ahead_m: Doubles,
    aside_m: Doubles,
) -> list[GaitEvent]:
    lows = [i for i, (_, is_low) in enumerate(turns) if is_low]
    if not lows:
        return []
    # A foot's own side shows once the other has lifted, at the next turn.
    shown = [turns[i + 1][0] if i + 1 < len(turns) else turns[i][0] for i in lows]
    sideways_m = np.where(np.isfinite(aside_m), aside_m, 0.0)[shown]
    feet = _alternating((sideways_m < _neighbours(sideways_m)).astype(int).tolist())
    swings_m = [
        ahead_m[turns[i + 1][0]] - ahead_m[at]
        for i, (at, is_low) in enumerate(turns[:-1])
        if is_low
    ]
    usual_m = float(np.median(swings_m)) if swings_m else nan
    contacts, foot = [], -1
    strikes = iter(feet)
    for i, (at, is_low) in enumerate(turns):
        if is_low:
            foot = next(strikes)
        elif foot < 0:
            continue
        before = turns[i - 1][0] if i else at
        size_m = abs(ahead_m[turns[i + 1][0]] - ahead_m[at]) if i + 1 < len(turns) else usual_m
        if not is_low:
            size_m = abs(ahead_m[at] - ahead_m[before])
        confidence = float(min(size_m / usual_m, 1.0)) if usual_m > 0 else 0.5
        side = SIDES[foot if is_low else 1 - foot]
        kind: Literal["heel_strike", "toe_off"] = "heel_strike" if is_low else "toe_off"
        contacts.append(GaitEvent(int(t_ns[at]), side, kind, float("inf"), confidence))
    return contacts


def _neighbours(values: Doubles) -> Doubles:
    """Return the mean of each value's two neighbours; of the one at the ends."""
    padded = np.concatenate([values[1:2], values, values[-2:-1]])
    if len(padded) < len(values) + 2:
        return values
    return np.asarray(0.5 * (padded[:-2] + padded[2:]))


def _alternating(feet: list[int]) -> list[int]:
    """Return the feet with single contradictions to left-right-left put right."""
    mended = list(feet)
    for i in range(1, len(mended) - 1):
        if mended[i - 1] == mended[i + 1] == mended[i]:
            mended[i] = 1 - mended[i]
    return mended


def review(live: Sequence[GaitEvent], again: Sequence[GaitEvent]) -> list[Reviewed]:
    """Return every event of both with what the second look says of the first, by time.

    Args:
        live: As found live.
        again: As `pressure_contacts` returns.
    """
    result: list[Reviewed] = []
    for side in SIDES:
        for kind in ("heel_strike", "toe_off"):
            mine = [e for e in live if (e.side, e.kind) == (side, kind)]
            other = [e for e in again if (e.side, e.kind) == (side, kind)]
            result += _matched(mine, other)
    return sorted(result, key=lambda r: r.live.t_ns if r.live is not None else r.t_ns or 0)


def _matched(live: Sequence[GaitEvent], again: Sequence[GaitEvent]) -> list[Reviewed]:
    times_ns = np.array([event.t_ns for event in again], np.int64)
    is_taken = np.zeros(len(again), bool)
    result: list[Reviewed] = []
    for event in live:
        away_ns = np.where(is_taken, 10**18, np.abs(times_ns - event.t_ns))
        at = int(np.argmin(away_ns)) if len(away_ns) else -1
        if at < 0 or away_ns[at] > NEAR_S * 1e9:
            result.append(Reviewed(event, None, event.side, event.kind, "not confirmed"))
            continue
        is_taken[at] = True
        verdict: Verdict = "confirmed" if away_ns[at] <= SAME_S * 1e9 else "moved"
        result.append(Reviewed(event, int(times_ns[at]), event.side, event.kind, verdict))
    result += [
        Reviewed(None, event.t_ns, event.side, event.kind, "added")
        for event, taken in zip(again, is_taken, strict=True)
        if not taken
    ]
    return result
