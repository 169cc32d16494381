"""The page: sections of Markdown from what was found."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from rehabsim_sim.person import Array
from rehabsim_validation.people import PUBLISHED, Effect, effect
from rehabsim_validation.reactions import Answer
from rehabsim_validation.recordings import BANDS_HZ, RealWalk, Unloaded
from rehabsim_validation.references import BEFORE, STEADY
from rehabsim_validation.speed import Speed
from rehabsim_validation.steady import Steady, Verdict


def spread(values: Sequence[float], form: str) -> str:
    """Return `median (least to most)` of what is known, a dash where nothing is."""
    known = [value for value in values if value == value]
    if not known:
        return "–"
    median, low, high = (form.format(v) for v in (np.median(known), min(known), max(known)))
    return f"{median} ({low} to {high})"


def rows(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cells) + " |" for cells in body]
    return "\n".join(lines) + "\n"


def steady_section(walks: Sequence[Steady], verdicts: Mapping[str, list[Verdict]]) -> str:
    """Return the table of steady gait, with each miss stated."""
    body, known, inside = [], 0, 0
    for reference in STEADY:
        cells = []
        for verdict in verdicts[reference.measure]:
            text = f"{verdict.value * reference.scale:.{reference.digits}f}"
            if verdict.miss is None:
                text = f"({text})"
            else:
                known += 1
                inside += verdict.miss == 0
                if verdict.miss:
                    off = verdict.miss * reference.scale
                    text = f"**{text}** ({off:+.{max(reference.digits, 1)}f})"
            cells.append(text)
        name = reference.measure.rsplit("_", 1)[0] if reference.unit else reference.measure
        label = f"{name.replace('_', ' ')}, {reference.unit}".rstrip(", ")
        body.append([label, *cells, f"{reference.source}; {reference.sure}"])
    head = ["measure", *(f"{w.speed_mps:g}" for w in walks), "published"]
    strides = ", ".join(f"{w.values['stride_count']:.0f}" for w in walks)
    before = "".join(
        f"- {name.rsplit('_', 1)[0].replace('_', ' ')}: {where} {what}; now "
        + ", ".join(_short(name, w) for w in walks if w.speed_mps in (0.8, 1.2, 1.6))
        + "\n"
        for name, (where, what) in BEFORE.items()
    )
    return (
        f"Columns are belt speeds in m/s; strides walked: {strides}. {inside} of {known} values lie"
        " inside what is published; **bold** ones lie outside by the figure in brackets. Values"
        " in brackets have no reference at that speed.\n\n"
        + rows(head, body)
        + "\nKnown misses of the prototype that this walker grew from:\n\n"
        + before
    )


def _short(name: str, walk: Steady) -> str:
    scale = next(r.scale for r in STEADY if r.measure == name)
    digits = 0 if scale > 1 else 2
    return f"{walk.values[name] * scale:.{digits}f}"


def stance_section(found: Sequence[Mapping[str, float]]) -> str:
    """Return the table of quiet standing."""
    published = {
        "sway_rms_ap_mm": "3 to 6",
        "sway_rms_ml_mm": "2 to 4",
        "sway_velocity_mm_per_s": "7 to 12",
        "sway_area_mm2": "100 to 300",
    }
    body = []
    for name, norm in published.items():
        values = [row[name] for row in found]
        body.append([name.replace("_", " "), f"{np.mean(values):.1f} ± {np.std(values):.1f}", norm])
    return rows([f"{len(found)} people, 60 s", "simulated", "eyes open, remembered"], body)


def pushes_section(falls: Mapping[str, Mapping[float, Sequence[Answer]]]) -> str:
    """Return who falls from which push."""
    sizes = list(next(iter(falls.values())))
    body = []
    for way, by_size in falls.items():
        cells = []
        for answers in by_size.values():
            part = np.mean([a.has_fallen for a in answers])
            steps = [a.steps for a in answers if not a.has_fallen]
            cells.append(f"{part:.0%}" + (f", {np.mean(steps):.1f} steps" if steps else ""))
        body.append([way, *cells])
    return rows(["push", *(f"{size:g} N s" for size in sizes)], body)


def jerks_section(answers: Mapping[str, Mapping[float, Sequence[Answer]]]) -> str:
    """Return the answers to a jerk of one belt."""
    parts = []
    for who, by_size in answers.items():
        body = []
        for size, found in by_size.items():
            stood = [a for a in found if not a.has_fallen]
            body.append(
                [
                    f"{size:+.1f}",
                    f"{sum(a.has_fallen for a in found)} of {len(found)}",
                    f"{np.mean([a.steps for a in stood]):.1f}" if stood else "",
                    f"{100 * np.mean([a.first_change_m for a in found]):+.0f}",
                    f"{np.mean([a.first_at_s for a in found]):.2f}",
                    f"{np.nanmean([a.first_time_frac for a in found]):.2f}",
                    f"{np.mean([a.strayed_m for a in found]):.2f}",
                ]
            )
        head = [
            f"{who}: change, m/s",
            "falls",
            "steps until normal",
            "first step, cm",
            "landed after, s",
            "next step's time",
            "strayed, m",
        ]
        parts.append(rows(head, body))
    return "\n".join(parts)


def stops_section(falls: Mapping[str, Mapping[float, Sequence[bool]]]) -> str:
    """Return who falls from which stop."""
    decels = list(next(iter(falls.values())))
    body = [
        [who, *(f"{sum(found)} of {len(found)}" for found in by_size.values())]
        for who, by_size in falls.items()
    ]
    return rows(["stop from 1.2 m/s", *(f"{d:g} m/s²" for d in decels)], body)


def sway_section(found: Mapping[float, Sequence[Mapping[str, float]]]) -> str:
    """Return walking on a deck that sways."""
    body = []
    for size_m, cases in found.items():
        falls = sum(case["has_fallen"] > 0 for case in cases)
        means = {key: np.mean([case[key] for case in cases]) for key in cases[0]}
        body.append(
            [
                f"{size_m:g}",
                f"{falls} of {len(cases)}",
                f"{1000 * means['width_m']:.0f} ± {1000 * means['width_sd_m']:.0f}",
                f"{1000 * means['length_m']:.0f}",
            ]
        )
    return rows(["A, m", "falls in 2 min", "step width ± SD, mm", "step length, mm"], body)


def split_section(
    runs: Mapping[tuple[float, float, float], Sequence[tuple[bool, Array, Array]]],
) -> str:
    """Return step length asymmetry on belts that differ."""
    body = []
    for (left_mps, right_mps, mps2), found in runs.items():
        stood = [(apart, after) for has_fallen, apart, after in found if not has_fallen]

        def part(which: int, start: int, end: int | None, stood: list[tuple[Array, Array]]) -> str:
            values = [case[which][start:end].mean() for case in stood if len(case[which]) > 30]
            return f"{np.mean(values):+.2f}" if values else ""

        body.append(
            [
                f"{left_mps:g} : {right_mps:g}, {mps2:g} m/s²",
                f"{sum(case[0] for case in found)} of {len(found)}",
                part(0, 0, 5, stood),
                part(0, 5, 30, stood),
                part(0, 150, 180, stood),
                part(0, -30, None, stood),
                part(1, 0, 5, stood),
                part(1, 5, 30, stood),
                part(1, -30, None, stood),
            ]
        )
    return rows(
        ["belts", "falls", "1-5", "6-30", "150-180", "last 30", "after 1-5", "6-30", "last 30"],
        body,
    )


def endurance_section(found: Mapping[str, Sequence[tuple[int, bool]]]) -> str:
    """Return who walked a thousand strides."""
    body = [
        [
            who,
            f"{min(strides for strides, _ in cases)}",
            f"{sum(has_fallen for _, has_fallen in cases)} of {len(cases)}",
        ]
        for who, cases in found.items()
    ]
    return rows(["who, m/s", "strides at least", "falls"], body)


def patients_section(
    effects: Mapping[str, Mapping[str, Effect]], means: Mapping[str, Mapping[str, float]]
) -> str:
    """Return each patient's findings against the published ones."""
    body = []
    for who, findings in PUBLISHED.items():
        if who not in effects:
            continue
        for finding in findings:
            found = effects[who][finding.measure]
            agrees = finding.low <= found.difference <= finding.high
            is_clear = found.low > 0 or found.high < 0
            body.append(
                [
                    who,
                    finding.measure.replace("_", " "),
                    f"{means['healthy'][finding.measure]:.3g} → {means[who][finding.measure]:.3g}",
                    f"{found.g:+.1f} [{found.low:+.1f}, {found.high:+.1f}]"
                    + ("" if is_clear else ", not clear"),
                    f"{finding.words}; {finding.sure}",
                    "agrees" if agrees else f"**differs: {found.difference:+.3g}**",
                ]
            )
    head = ["who", "measure", "healthy → here", "Hedges' g [95 %]", "published", "verdict"]
    return rows(head, body)


def effects_of(
    measured: Mapping[str, Sequence[Mapping[str, float]]],
) -> tuple[dict[str, dict[str, Effect]], dict[str, dict[str, float]]]:
    """Return each patient's effect sizes against the healthy, and each group's means."""
    healthy = measured["healthy"]
    names = [
        name
        for name in healthy[0]
        if np.std([row[name] for row in healthy]) > 0 and name != "stride_count"
    ]
    means = {
        who: {name: float(np.mean([row[name] for row in people])) for name in names}
        for who, people in measured.items()
    }
    effects = {
        who: {
            name: effect([row[name] for row in people], [row[name] for row in healthy])
            for name in names
        }
        for who, people in measured.items()
        if who != "healthy"
    }
    return effects, means


def unloaded_section(found: Mapping[str, Unloaded]) -> str:
    """Return the empty treadmill, recorded beside simulated."""
    if not found:
        return "The recordings were not at hand when this page was made.\n"
    body = []
    for pace, both in found.items():
        (real, own), off = both.slopes, 100 * (both.slopes[1] / both.slopes[0] - 1)
        body.append(
            [
                pace,
                f"{real:.2f}",
                f"{own:.2f} ({off:+.1f} %)",
                f"{both.totals_nm[0]:.1f} / {both.totals_nm[1]:.1f}",
                f"{both.residuals_nm[0]:.2f} / {both.residuals_nm[1]:.2f}",
                *(f"{ratio:.2f}" for ratio in both.bands),
            ]
        )
    bands = [f"{low:g}-{high:g} Hz" for low, high in BANDS_HZ]
    head = ["belt", "recorded, Nm per m/s²", "simulated", "RMS, Nm", "residual RMS, Nm", *bands]
    return rows(head, body) + "\nBands: simulated over recorded RMS of the residual.\n"


def walk_section(real: RealWalk | None, own: Steady | None) -> str:
    """Return the recorded walk beside the simulated one."""
    if real is None or own is None:
        return "The recording was not at hand when this page was made.\n"
    recorded = real.fz_bw.mean(axis=0)
    simulated = own.stances.fz_bw.mean(axis=0)
    off = math.sqrt(float(np.mean((recorded - simulated) ** 2)))
    return (
        f"{len(real.fz_bw)} clean stances of a person of {real.weight_n:.0f} N at"
        f" {real.cadence_spm:.0f} steps/min, stance {real.stance_s:.2f} s; simulated at"
        f" {own.speed_mps:g} m/s: {own.values['cadence_spm']:.0f} steps/min, stance"
        f" {own.stances.duration_s.mean():.2f} s. RMS difference of the mean curves {off:.3f} BW.\n"
    )


def speed_section(speed: Speed) -> str:
    """Return how fast it all is."""
    return (
        f"{speed.seconds:.0f} × real time in calls of a second, {speed.ticks:.0f} × in the 4 ms"
        f" calls of a session, {speed.plain:.1f} × as plain Python without numba. numba and"
        f" llvmlite take {speed.compiler_mb:.0f} MB on disk (extra `sim-fast`); compiled code is"
        " kept in a cache, which the installation fills.\n"
    )
