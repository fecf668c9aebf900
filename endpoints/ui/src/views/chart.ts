// One chart over time, drawn by uPlot.
import uPlot from "uplot";
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

const twoDigits = (value: number): string => String(value).padStart(2, "0");

// "14:05:30", or "11-28 14:05" for days.
function clock(times: number[]): string[] {
  const days = times.length > 1 && times[times.length - 1]! - times[0]! > 43200;
  const seconds = times.length > 1 && times[1]! - times[0]! < 60;
  return times.map((time) => {
    const at = new Date(time * 1000);
    const date = days ? `${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())} ` : "";
    const tail = seconds ? `:${twoDigits(at.getSeconds())}` : "";
    return `${date}${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}${tail}`;
  });
}

function axis(more: uPlot.Axis): uPlot.Axis {
  const grid = { stroke: style("--line"), width: 1 };
  return { stroke: style("--text"), grid, ticks: grid, ...more };
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
    this.plot?.setData(this.data());
  }

  // Draws again with the colours of the page.
  restyle(): void {
    this.plot?.destroy();
    this.plot = undefined;
    this.fit();
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
    const { steps, format } = this.options;
    return axis({ size: 60, values: (_plot, values) => values.map(format), ...(steps && { incrs: steps }) });
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
      axes: [axis({ space: 80, values: (_plot, times) => clock(times) }), this.valueAxis()],
      cursor: { sync: { key: "pprof" }, drag: { x: true, y: false } },
      hooks: { draw: [(plot) => drawMarks(plot, this.options.marks)] },
    }, this.data(), this.place);
  }
}
