"""`rehabsim watch`: a running session in the terminal. It only listens."""

import sys
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Footer, Static

from rehabsim.base.clock import Clock, HostClock
from rehabsim.base.errors import ConfigError
from rehabsim.session.keys import ClientKey
from rehabsim.web import watch_draw as draw
from rehabsim.web.watch_link import WatchLink
from rehabsim.web.watch_model import View, WatchModel

FRAMES_HZ = 20.0
FULL_SIZE = (100, 33)
"""Columns and lines below which the less important panels give way."""


def watch(url: str, key: ClientKey | None = None) -> None:
    """Show the session that publishes at `url` until the user presses q.

    Raises:
        ConfigError: The address is malformed, or there is no terminal.
    """
    link = WatchLink(url, key)
    try:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise ConfigError(
                "rehabsim watch draws on a terminal, and there is none; a program listens to the"
                f" session at {url} itself, see MESSAGES.md."
            )
        WatchApp(link, HostClock(), url).run()
    finally:
        link.close()


class Panel(Static):
    """A titled part of the screen, redrawn from a view."""

    def __init__(
        self, name: str, title: str, render_view: Callable[[View, int, int], Text]
    ) -> None:
        super().__init__(id=name, classes="panel", markup=False)
        self.border_title = title
        self._render_view = render_view
        self._shown = Text()

    def show(self, view: View) -> None:
        """Draw `view` into whatever room there is."""
        width, height = self.content_size
        if width <= 0 or height <= 0:
            return
        text = self._render_view(view, width, height)
        if text != self._shown:
            self._shown = text
            self.update(text)


class WatchApp(App[None]):
    """The screen: what is heard goes into the model, what the model says goes on the screen.

    Args:
        link: Already subscribed; closed by its owner.
        clock: Says how old things are.
        url: To show.
    """

    TITLE = "rehabsim watch"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "quit"),
        Binding("ctrl+c", "quit", "quit", show=False),
    ]
    CSS = """
    Screen { background: #10161b; color: #e6ecf1; layout: vertical; }
    #headline { width: 1fr; height: 1; background: #1a232b; }
    .panel { border: round #33414d; border-title-color: #8b98a5;
        width: 1fr; height: 1fr; }
    #top { height: 11; }
    #mode { content-align: left middle; }
    #facts { width: 44; }
    #middle { height: 8; }
    #headline, #facts, #belts, #gait, #training { text-wrap: nowrap; text-overflow: ellipsis; }
    #belts { width: 3fr; }
    #gait { width: 2fr; min-width: 34; }
    #training { height: 1; }
    #plates { height: 1fr; min-height: 5; max-height: 9; }
    #bottom { height: 1fr; min-height: 4; }
    #health { width: 32; }
    .stale .live { text-opacity: 40%; }
    .stale #mode { border: heavy #ff6b6b; }
    .narrow #facts, .narrow #health, .short #plates { display: none; }
    .short #top { height: 8; }
    Footer { background: #1a232b; }
    """

    def __init__(self, link: WatchLink, clock: Clock, url: str) -> None:
        super().__init__()
        self.model = WatchModel(clock.now_ns())
        self._link = link
        self._clock = clock
        self._url = url

    def compose(self) -> ComposeResult:
        """Lay the panels out."""
        yield Panel("headline", "", lambda view, w, h: draw.headline(view, self._url))
        with Horizontal(id="top"):
            yield Panel("mode", "belts are", lambda view, w, h: draw.mode(view, w))
            yield Panel("facts", "session", lambda view, w, h: draw.facts(view))
        with Horizontal(id="middle"):
            yield Panel("belts", "belt speed", lambda view, w, h: draw.belts(view, w))
            yield Panel("gait", "gait", lambda view, w, h: draw.gait(view, w))
        yield Panel("training", "", lambda view, w, h: draw.training(view))
        with Horizontal(id="plates"):
            yield Panel("left", "left plate", lambda view, w, h: draw.force(view, "left", w, h))
            yield Panel("right", "right plate", lambda view, w, h: draw.force(view, "right", w, h))
        with Horizontal(id="bottom"):
            yield Panel("events", "events", lambda view, w, h: draw.events(view))
            yield Panel("health", "health", lambda view, w, h: draw.health(view))
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Start listening."""
        for name in ("headline", "training"):
            self.query_one(f"#{name}").remove_class("panel")
        for name in ("belts", "gait", "training", "left", "right", "health"):
            self.query_one(f"#{name}").add_class("live")
        self.set_interval(1 / FRAMES_HZ, self.beat)

    def beat(self) -> None:
        """Hear what has come, and show what is known now; nothing once the screen is gone."""
        if not self.screen_stack:  # a beat that was due when the app ended
            return
        now_ns = self._clock.now_ns()
        self._link.tell(self.model, now_ns)
        view = self.model.view(now_ns)
        self.screen.set_class(view.connection == "stale", "stale")
        self.screen.set_class(self.size.width < FULL_SIZE[0], "narrow")
        self.screen.set_class(self.size.height < FULL_SIZE[1], "short")
        self.query("#training").set(display=bool(draw.training(view)))
        for panel in self.query(Panel):
            panel.show(view)
