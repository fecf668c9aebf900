// The process's history as the server keeps it: /debug/pprof/history.
import { getJson } from "./api";

export interface Mark {
  time: number; // seconds since 1970
  kind: string;
  text: string;
}

export interface History {
  now: number;
  pid: number;
  started: number;
  program: string;
  limit: { bytes: number; source: string } | null;
  columns: string[];
  resolutions: { seconds: number; rows: (number | null)[][] }[];
  marks: Mark[];
}

export type Series = (number | null)[];

export async function getHistory(): Promise<History> {
  return (await getJson("history")) as History;
}

// One column of one resolution; empty if the server does not have it.
export function column(history: History, seconds: number, name: string): Series {
  const index = history.columns.indexOf(name);
  const rows = history.resolutions.find((one) => one.seconds === seconds)?.rows ?? [];
  return index < 0 ? [] : rows.map((row) => row[index] ?? null);
}

// CPUs in use, from the process's total of CPU seconds.
export function cpuRate(times: Series, totals: Series): Series {
  return totals.map((total, i) => {
    const before = totals[i - 1];
    const elapsed = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (i === 0 || total === null || before === null || before === undefined || elapsed <= 0) return null;
    return Math.max(0, (total - before) / elapsed);
  });
}

export function last(series: Series): number | null {
  for (let i = series.length - 1; i >= 0; i--) if (series[i] !== null) return series[i]!;
  return null;
}
