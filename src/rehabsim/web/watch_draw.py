"""The parts of the watch screen as text. Pure: what to show and how wide come in as arguments."""

from collections.abc import Iterator, Sequence
from math import ceil, isfinite

from rich.text import Text

from rehabsim.base.records import MOVING
from rehabsim.web.watch_model import SeenBlock, SeenState, View

LEFT, RIGHT = "#5db2ff", "#ffa05c"
SOFT, WELL, ODD, BAD = "#8b98a5", "#4fd18b", "#ffcf5c", "#ff6b6b"
MODE_COLOUR = {
    "locked": BAD,
    "idle": "#c3ccd4",
    "armed": ODD,
    "starting": "#5cd6d6",
    "running": WELL,
    "stopping": RIGHT,
    "holding": ODD,
    "perturbing": "#5cd6d6",
}
SEVERITY_STYLE = {
    "none": "",
    "warn": ODD,
    "hold": ODD,
    "ramp": RIGHT,
    "fast": f"bold {BAD}",
    "estop": f"bold reverse {BAD}",
}
BADGE_STYLE = {
    "SIMULATED": "bold #ffffff on #6a3d9a",
    "RECORDING": "bold #ffffff on #8a5a00",
    "REAL DEVICES": "bold #ffffff on #1b6e3c",
    "REPLAY": "bold #ffffff on #3d4b57",
}
LEVELS = " ▁▂▃▄▅▆▇█"
PARTS = " ▏▎▍▌▋▊▉█"
ABSENT = "–"
WIDE = 52
"""Columns from which signs have their words beside them."""

LATE_S = 0.002
OLD_S = 0.1

LETTERS = {
    "A": ".##. #..# #..# #### #..# #..#",
    "B": "###. #..# ###. #..# #..# ###.",
    "C": ".### #... #... #... #... .###",
    "D": "###. #..# #..# #..# #..# ###.",
    "E": "#### #... ###. #... #... ####",
    "G": ".### #... #.## #..# #..# .###",
    "H": "#..# #..# #### #..# #..# #..#",
    "I": "### .#. .#. .#. .#. ###",
    "K": "#..# #.#. ##.. #.#. #..# #..#",
    "L": "#... #... #... #... #... ####",
    "M": "#...# ##.## #.#.# #...# #...# #...#",
    "N": "#...# ##..# #.#.# #.#.# #..## #...#",
    "O": ".##. #..# #..# #..# #..# .##.",
    "P": "###. #..# #..# ###. #... #...",
    "R": "###. #..# #..# ###. #.#. #..#",
    "S": ".### #... .##. ...# ...# ###.",
    "T": "##### ..#.. ..#.. ..#.. ..#.. ..#..",
    "U": "#..# #..# #..# #..# #..# .##.",
    "W": "#...# #...# #.#.# #.#.# ##.## #...#",
}
"""Six rows of dots per letter, enough for the modes and for UNKNOWN and WAITING."""

DOTS = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}


def number(value: float, form: str, unit: str = "") -> str:
    """Return a number as shown, a dash where it is not measured."""
    return (format(value, form) + unit) if isfinite(value) else ABSENT


def big(word: str) -> list[str]:
    """Return `word` three lines high; a letter that is not drawn is a gap."""
    letters = [LETTERS.get(letter, "... ... ... ... ... ...").split() for letter in word.upper()]
    rows = [".".join(letter[row] for letter in letters) for row in range(6)]
    return [
        "".join(DOTS[upper + lower] for upper, lower in zip(rows[i], rows[i + 1], strict=True))
        for i in (0, 2, 4)
    ]


def bar(value: float, top: float, width: int, marks: Sequence[tuple[float, str]]) -> str:
    """Return a bar of `width` cells from 0 to `top`, with `marks` (value, sign) laid over it."""
    part = min(max(value / top, 0.0), 1.0) if isfinite(value) and top > 0 else 0.0
    eighths = round(part * width * 8)
    cells = list("█" * (eighths // 8) + (PARTS[eighths % 8] if eighths % 8 else ""))
    cells += ["·"] * (width - len(cells))
    for at, sign in marks:
        if isfinite(at) and top > 0:
            cells[min(max(round(at / top * width) - 1, 0), width - 1)] = sign
    return "".join(cells)


def area(values: Sequence[float], top: float, width: int, height: int) -> list[str]:
    """Return the newest `width` values as an area `height` lines high, from 0 to `top`."""
    shown = list(values[-width:])
    shown = [float("nan")] * (width - len(shown)) + shown
    eighths = [
        round(min(max(v / top, 0.0), 1.0) * height * 8) if isfinite(v) and top > 0 else 0
        for v in shown
    ]
    return [
        "".join(LEVELS[min(max(count - 8 * row, 0), 8)] for count in eighths)
        for row in reversed(range(height))
    ]


def clock(t_s: float) -> str:
    """Return session time as minutes and seconds."""
    minutes, tenths = divmod(round(10 * t_s), 600)
    return f"{minutes}:{tenths / 10:04.1f}"


# -- the panels ----------------------------------------------------------------------------


def mode(view: View, width: int) -> Text:
    """Return the mode, three lines high, and below it the cause and who is in command."""
    state = view.state
    word, colour = "waiting", SOFT
    if state is not None:
        word, colour = state.mode, MODE_COLOUR.get(state.mode, ODD)
    if view.connection == "stale":
        word, colour = "unknown", BAD
    text = Text(no_wrap=True, overflow="ellipsis")
    for line in big(word):
        text.append(f" {line}\n", style=colour)
    text.append("\n ")
    if state is None:
        text.append(f"No session heard for {view.silent_s:.1f} s.", style=SOFT)
    elif view.connection == "stale":
        text.append(f"Nothing new for {view.silent_s:.1f} s; it was {state.mode} then.", BAD)
    else:
        well = "no cause to stop" if state.mode in MOVING else "nothing is wrong"
        text.append(state.cause or well, style=ODD if state.cause else SOFT)
        text.append("\n ")
        text.append(f"in command: {state.commander or 'nobody'}", style=SOFT)
    if view.trouble:
        text.append(f"\n {view.trouble}", style=BAD)
    return text


def belts(view: View, width: int) -> Text:
    """Return for each belt the measured speed as a bar, with the wish and the command on it."""
    text = Text(no_wrap=True, overflow="ellipsis")
    state = view.state
    if state is None:
        return text
    fields = (("left", LEFT), ("right", RIGHT))
    for side, colour in fields:
        measured, wish, command = (
            getattr(part, f"{side}_speed_mps") for part in (state.belt, state.wish, state.command)
        )
        text.append(f" {side:<5}", style=f"bold {colour}")
        text.append(f" {number(measured, '5.2f')} m/s", style="bold")
        is_wide = width >= WIDE
        text.append("   wished ┆ " if is_wide else "  ┆ ", style=SOFT)
        text.append(number(wish, ".2f"))
        text.append("   commanded ┃ " if is_wide else "  ┃ ", style=SOFT)
        text.append(f"{number(command, '.2f')}\n")
        marks = ((wish, "┆"), (command, "┃"))
        line = bar(measured, state.max_speed_mps, max(width - 2, 10), marks)
        text.append(" ")
        for cell in line:
            style = {"·": "#3a4650", "┃": "bold #ffffff", "┆": "bold #ffffff"}.get(cell, colour)
            text.append(cell, style=style)
        text.append("\n")
    text.append(f" cruise {state.cruise_speed_mps:.2f}", style=SOFT)
    text.append(f"  limit {state.max_speed_mps:.2f} m/s", style=SOFT)
    far = f"  passed {state.left_distance_m:.1f} | {state.right_distance_m:.1f} m"
    text.append(far, style=SOFT)
    if isfinite(state.belt.incline_rad):
        text.append(f"  incline {57.29578 * state.belt.incline_rad:.1f}°", style=SOFT)
    return text


def gait(view: View, width: int) -> Text:
    """Return cadence, steps and how the load is shared."""
    text = Text(no_wrap=True, overflow="ellipsis")
    state = view.state
    if state is None:
        return text
    g = state.gait
    text.append(f" {number(60 * g.cadence_hz, '.0f'):>5}", style="bold")
    text.append(" steps/min", style=SOFT)
    text.append(f"   {number(g.body_weight_n, '.0f', ' N')} weight\n", style=SOFT)
    for words, form, left, right in (
        ("step time, s", ".2f", g.left_step_time_s, g.right_step_time_s),
        ("step length, m", ".2f", g.left_step_length_m, g.right_step_length_m),
        ("steps", "d", g.left_step_count, g.right_step_count),
    ):
        text.append(f" {number(left, form):>5}", style=f"bold {LEFT}")
        text.append(f" {number(right, form):>5}", style=f"bold {RIGHT}")
        text.append(f"  {words}\n", style=SOFT)
    return text + _load(state, width)


def _load(state: SeenState, width: int) -> Text:
    g = state.gait
    text = Text(no_wrap=True)
    share = g.load_share_left_frac
    cells = max(width - 18, 6)
    text.append(" ● " if g.has_left_stance else " ○ ", style=LEFT)
    text.append(f"{number(100 * share, '3.0f', '%'):>4} ", style=f"bold {LEFT}")
    left = round(min(max(share, 0.0), 1.0) * cells) if isfinite(share) else 0
    middle = cells // 2
    for index in range(cells):
        style = (LEFT if index < left else RIGHT) if isfinite(share) else "#3a4650"
        text.append("┃" if index == middle else "█", style="#ffffff" if index == middle else style)
    text.append(f" {number(100 - 100 * share, '3.0f', '%'):>4}", style=f"bold {RIGHT}")
    text.append(" ●\n" if g.has_right_stance else " ○\n", style=RIGHT)
    text.append(" load, left and right".center(width), style=SOFT)
    return text


def training(view: View) -> Text:
    """Return one line on block, tasks, difficulty, perturbations and pacing; empty without any."""
    text = Text(no_wrap=True, overflow="ellipsis")
    state = view.state
    if state is None:
        return text
    block = None if view.session is None else view.session.block
    for part, style in (*_block(state, block), *_training(state)):
        text.append("   " if text else " ")
        text.append(part, style=style)
    return text


def _block(state: SeenState, block: SeenBlock | None) -> Iterator[tuple[str, str]]:
    if block is not None:
        yield f"block {block.number} of {block.count}: {block.title}", "bold"
    if state.ended:
        yield f"over ({state.ended})", ODD
        if isfinite(state.rest_left_s):
            yield f"rest {_clock(state.rest_left_s)}", ""
    elif isfinite(state.block_left_s):
        yield f"{_clock(state.block_left_s)} left", ""


def _clock(left_s: float) -> str:
    minutes, seconds = divmod(ceil(left_s), 60)
    return f"{minutes}:{seconds:02}"


def _training(state: SeenState) -> Iterator[tuple[str, str]]:
    tuned, dose = state.tuned, state.dose
    if tuned is not None and tuned.try_count:
        yield f"{tuned.success_count} of {tuned.try_count} tasks done", "bold"
    if tuned is not None and tuned.has_level:
        yield f"difficulty {number(tuned.level, '.2f')}", ""
        if tuned.offer_reason:
            yield f"suggested {number(tuned.offered_level, '.2f')}: {tuned.offer_reason}", ODD
        if tuned.brake:
            yield f"not harder now: {tuned.brake}", ODD
    if dose is not None:
        share = f" {dose.done} of {dose.count}," if dose.count else ""
        how = "one goes on" if dose.is_going else "they come" if dose.is_on else "held back"
        yield f"perturbations{share} {how}", ODD if dose.is_on else SOFT
    if state.pacing:
        how = "follow the person" if state.pacing == "follows" else "keep the set speed"
        yield f"belts {how}", SOFT


def force(view: View, side: str, width: int, height: int) -> Text:
    """Return the force on one plate: its history as an area, its value now above it."""
    values = view.left_fz_n if side == "left" else view.right_fz_n
    colour = LEFT if side == "left" else RIGHT
    text = Text(no_wrap=True)
    if view.state is None:
        return text
    g = view.state.gait
    now_n = g.left_fz_n if side == "left" else g.right_fz_n
    seen = [v for v in (*view.left_fz_n, *view.right_fz_n) if isfinite(v)]
    top_n = max([1.3 * g.body_weight_n if isfinite(g.body_weight_n) else 0.0, 200.0, *seen])
    text.append(f" {number(now_n, '4.0f')} N", style=f"bold {colour}")
    text.append(f"   top of the scale {top_n:.0f} N\n", style=SOFT)
    for line in area(values, top_n, max(width - 2, 4), max(height - 1, 1)):
        text.append(f" {line}\n", style=colour)
    return text


def events(view: View) -> Text:
    """Return the events, newest first; how bad is said by colour and by word."""
    text = Text()
    for event in view.events:
        text.append(f"{clock(event.t_s):>7}  {event.source:<8} ", style=SOFT)
        style = SEVERITY_STYLE.get(event.severity, ODD)
        word = event.kind if event.severity == "none" else f"{event.kind}, {event.severity}"
        text.append(word, style=style or "bold")
        text.append(f" {event.text}\n", style=style)
    if view.missed_event_count:
        count = view.missed_event_count
        were = "event was" if count == 1 else "events were"
        text.append(f"{count} {were} missed.\n", style=ODD)
    if not view.events:
        text.append("Nothing has happened since this program listens.", style=SOFT)
    return text


def facts(view: View) -> Text:
    """Return what the session is: scenario, seed, devices, log."""
    text = Text(no_wrap=True, overflow="ellipsis")
    session = view.session
    if session is None:
        text.append("the session has not introduced itself yet", style=SOFT)
        return text
    rows = [
        ("scenario", session.scenario),
        ("subject", session.subject),
        ("seed", str(session.seed)),
        ("room", session.site),
        ("belts", session.treadmill_url),
        ("plates", session.plates_url),
        ("log", session.log or "not recorded"),
        ("version", session.version),
    ]
    if session.treadmill_url.startswith("sim:") and session.patient:
        rows.insert(2, ("patient", f"{session.patient}, simulated"))
    for name, value in rows:
        text.append(f"{name:<9}", style=SOFT)
        text.append(f"{value}\n")
    return text


def health(view: View) -> Text:
    """Return how well session, keeper and plates keep up."""
    text = Text(no_wrap=True, overflow="ellipsis")
    state = view.state
    if state is None:
        return text
    h = state.health
    rows = (
        ("ticks", number(view.tick_rate_hz, ".0f", " per s"), view.connection == "live"),
        ("lateness", number(1000 * h.lateness_s, ".2f", " ms"), h.lateness_s <= LATE_S),
        ("missed", f"{h.missed_count} ticks", h.missed_count == 0),
        ("keeper", number(1000 * h.keeper_age_s, ".0f", " ms old"), h.keeper_age_s <= OLD_S),
        ("plates", number(1000 * h.plate_age_s, ".0f", " ms old"), h.plate_age_s <= OLD_S),
        ("samples", f"{h.plate_count}, {h.plate_lost_count} lost", h.plate_lost_count == 0),
    )
    for name, value, is_well in rows:
        text.append("● " if is_well else "▲ ", style=WELL if is_well else ODD)
        text.append(f"{name:<10}", style=SOFT)
        text.append(f"{value}\n", style="" if is_well else f"bold {ODD}")
    return text


def headline(view: View, url: str) -> Text:
    """Return the line at the top: alive or not, session time, address."""
    text = Text(no_wrap=True, overflow="ellipsis")
    if view.connection == "live":
        text.append(" ● LIVE ", style=f"bold {WELL}")
    elif view.connection == "stale":
        text.append(f" ▲ STALE {view.silent_s:.1f} s ", style=f"bold reverse {BAD}")
    else:
        text.append(f" ○ WAITING {view.silent_s:.0f} s ", style=f"bold {ODD}")
    if view.badge:
        text.append(f" {view.badge} ", style=BADGE_STYLE[view.badge])
    if view.state is not None:
        text.append(f"  {view.state.scenario}  ", style="bold")
        text.append(f"{clock(view.state.t_s)}", style="bold")
        text.append(f"  tick {view.state.tick}", style=SOFT)
    text.append(f"  {url}", style=SOFT)
    return text
