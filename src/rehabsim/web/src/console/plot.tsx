// The last seconds of the forces under the feet, or of the belts.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { SPAN_S, type Trace } from "./history";
import { history, isLive, state } from "./store";

const DRAW_EVERY_MS = 60;
const LEFT_COLOUR = "#0072b2";
const RIGHT_COLOUR = "#c24e00";
const INK = "#14202b";

interface View {
  title: string;
  unit: string;
  left: Trace;
  right: Trace;
  top: () => number;
}

const VIEWS: Record<"force" | "speed", View> = {
  force: {
    title: "Vertical force",
    unit: "N",
    left: "left_fz_n",
    right: "right_fz_n",
    top: () => 200 * Math.ceil(Math.max(800, 1.4 * (state.value?.gait.body_weight_n || 0)) / 200),
  },
  speed: {
    title: "Belt speed",
    unit: "m/s",
    left: "left_speed_mps",
    right: "right_speed_mps",
    top: () => Math.max(0.5, state.value?.max_speed_mps ?? 2),
  },
};

export function Plot() {
  const [shown, show] = useState<"force" | "speed">("force");
  const box = useRef<HTMLDivElement>(null);
  const view = VIEWS[shown];
  useEffect(() => (box.current === null ? undefined : run(box.current, view)), [view]);
  return (
    <section class="card plot" aria-labelledby="plot-title">
      <div class="plot-head">
        <h2 id="plot-title">
          {view.title} <small>
            {view.unit}
            <span class="plot-span">, last 5 s</span>
          </small>
        </h2>
        <span class="key left">Left</span>
        <span class="key right">Right</span>
        <div class="tabs" role="group" aria-label="What the plot shows">
          {(["force", "speed"] as const).map((name) => (
            <button
              key={name}
              type="button"
              id={`plot-${name}`}
              aria-pressed={shown === name}
              onClick={() => show(name)}
            >
              {name === "force" ? "Force" : "Belts"}
            </button>
          ))}
        </div>
      </div>
      <div
        class="plot-box"
        ref={box}
        role="img"
        aria-label={`${view.title} of the left and right side over the last 5 seconds`}
      />
      {!isLive.value && <p class="plot-old">old</p>}
    </section>
  );
}

function options(view: View, box: HTMLElement): uPlot.Options {
  const font = "13px system-ui, sans-serif";
  const grid = { stroke: "#dbe1e6", width: 1 };
  const axis = { stroke: INK, font, grid, ticks: { show: false } };
  return {
    ...size(box),
    padding: [6, 22, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-SPAN_S, 0] },
      y: { range: () => [0, view.top()] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        incrs: [1],
        values: (_, marks) => marks.map((mark) => (mark ? `${mark} s` : "now")),
      },
      { ...axis, size: 50, space: 24 },
    ],
    series: [
      {},
      { stroke: LEFT_COLOUR, width: 2.5, points: { show: false } },
      { stroke: RIGHT_COLOUR, width: 2.5, dash: [7, 4], points: { show: false } },
    ],
  };
}

function size(box: HTMLElement): { width: number; height: number } {
  return { width: Math.max(120, box.clientWidth), height: Math.max(80, box.clientHeight) };
}

// Draws while the session lives; what is old stays as it was and is marked.
function run(box: HTMLElement, view: View): () => void {
  const plot = new uPlot(options(view, box), [[], [], []], box);
  const draw = () => {
    if (isLive.value) {
      plot.setData(history.table(view.left, view.right) as uPlot.AlignedData);
    }
  };
  const timer = setInterval(draw, DRAW_EVERY_MS);
  const resizing = new ResizeObserver(() => plot.setSize(size(box)));
  resizing.observe(box);
  return () => {
    clearInterval(timer);
    resizing.disconnect();
    plot.destroy();
  };
}
