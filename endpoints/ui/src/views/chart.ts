// One chart over time, drawn by uPlot.
import uPlot from "uplot";
import { clock, dayOf, fromSeconds, minutesOf } from "../clock";
import { el } from "../dom";
import type { Mark, Series } from "../history";

export interface Line {
  title: string;
  values: Series;
  colour: string; // a CSS variable
  dash?: number[];
}

export interface ChartOptions {
  title: string;
  words: string; // the last values, also for those who see no chart
  times: Series;
  lines: Line[];
  marks: Mark[];
  format(value: number): string;
  onAxis?(value: number, step: number): string;
  steps?: number[]; // between the lines of the grid
}

const kHeight = 190;
const style = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function drawMarks(plot: uPlot, marks: Mark[]): void {
  const pen = plot.ctx;
  const { left, top, width, height } = plot.bbox;
  pen.save();
  pen.strokeStyle = pen.fillStyle = style("--quiet");
  pen.setLineDash([4, 4]);
  for (const { time } of marks) {
    const x = plot.valToPos(time, "x", true);
    if (x < left || x > left + width) continue;
    pen.beginPath();
    pen.moveTo(x, top);
    pen.lineTo(x, top + height);
    pen.stroke();
  }
  pen.restore();
}

// "14:05:30", or "11-28 14:05" for days.
function labels(times: number[]): string[] {
  const days = times.length > 1 && times[times.length - 1]! - times[0]! > 43200;
  const seconds = times.length > 1 && times[1]! - times[0]! < 60;
  return times.map(fromSeconds).map((at) => (days ? `${dayOf(at)} ` : "") + (seconds ? clock(at) : minutesOf(at)));
}

function axis(more: uPlot.Axis): uPlot.Axis {
  const grid = { stroke: style("--line"), width: 1 };
  return { stroke: style("--text"), grid, ticks: grid, ...more };
}

// What a drag over the chart left in sight, until a double click shows all.
function shownPart(plot: uPlot): { min: number; max: number } | undefined {
  const { min, max } = plot.scales["x"]!;
  const times = plot.data[0];
  if (min === undefined || max === undefined || times.length < 2) return undefined;
  return min > times[0]! || max < times[times.length - 1]! ? { min, max } : undefined;
}

export class Chart {
  readonly element: HTMLElement;
  private plot: uPlot | undefined;
  private readonly place = el("div", { class: "plot", "aria-hidden": "true" });
  private readonly words = el("p", { class: "words" });

  constructor(private options: ChartOptions) {
    this.element = el("section", { class: "chart", "aria-label": options.title },
      el("h2", {}, options.title), this.words, this.place);
    new ResizeObserver(() => this.fit()).observe(this.place);
    this.update(options);
  }

  update(options: ChartOptions): void {
    this.options = options;
    this.words.textContent = options.words;
    const { plot } = this;
    const part = plot && shownPart(plot);
    plot?.setData(this.data(), part === undefined);
    if (part !== undefined) plot!.setScale("x", part);
  }

  // All of the time again.
  reset(): void {
    this.plot?.setData(this.data());
  }

  // Draws again with the colours of the page.
  restyle(): void {
    const part = this.plot && shownPart(this.plot);
    this.plot?.destroy();
    this.plot = undefined;
    this.fit();
    if (part !== undefined) (this.plot as uPlot | undefined)?.setScale("x", part);
  }

  private data(): uPlot.AlignedData {
    return [this.options.times as number[], ...this.options.lines.map(({ values }) => values)];
  }

  private fit(): void {
    const width = this.place.clientWidth;
    if (width === 0) return;
    if (this.plot === undefined) this.plot = this.made(width);
    else this.plot.setSize({ width, height: kHeight });
  }

  private valueAxis(): uPlot.Axis {
    const { steps, format, onAxis = format } = this.options;
    const values = (_plot: uPlot, all: number[], _axis: number, _space: number, step: number) =>
      all.map((value) => onAxis(value, step));
    return axis({ size: 60, values, ...(steps && { incrs: steps }) });
  }

  private made(width: number): uPlot {
    const shown = (_: uPlot, value: number | null) => (value === null ? "–" : this.options.format(value));
    const lines = this.options.lines.map(({ title, colour, dash }) => ({
      label: title, stroke: style(colour), width: 2, value: shown, points: { show: false }, ...(dash && { dash }),
    }));
    return new uPlot({
      width, height: kHeight,
      series: [{ label: "Time", value: "{HH}:{mm}:{ss}" }, ...lines],
      scales: { y: { range: (_plot, _low, high) => [0, (high || 1) * 1.05] } },
      axes: [axis({ space: 80, values: (_plot, times) => labels(times) }), this.valueAxis()],
      cursor: { sync: { key: "pprof" }, drag: { x: true, y: false } },
      hooks: { draw: [(plot) => drawMarks(plot, this.options.marks)] },
    }, this.data(), this.place);
  }
}
