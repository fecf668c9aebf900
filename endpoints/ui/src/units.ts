// Values with units, as `go tool pprof` prints them.

type Unit = [name: string, factor: number];

const kBytes: Unit[] = ["B", "kB", "MB", "GB", "TB", "PB"].map((name, i) => [name, 1024 ** i]);
const kTimes: Unit[] = [["ns", 1], ["us", 1e3], ["ms", 1e6], ["s", 1e9], ["hrs", 3.6e12]];

const kAliases: Record<string, [Unit[], number]> = {
  b: [kBytes, 1], byte: [kBytes, 1],
  kb: [kBytes, 2 ** 10], kilobyte: [kBytes, 2 ** 10],
  mb: [kBytes, 2 ** 20], megabyte: [kBytes, 2 ** 20],
  gb: [kBytes, 2 ** 30], gigabyte: [kBytes, 2 ** 30],
  ns: [kTimes, 1], nanosecond: [kTimes, 1],
  us: [kTimes, 1e3], microsecond: [kTimes, 1e3],
  ms: [kTimes, 1e6], millisecond: [kTimes, 1e6],
  s: [kTimes, 1e9], sec: [kTimes, 1e9], second: [kTimes, 1e9],
};

function family(unit: string): [Unit[], number] | undefined {
  const lower = unit.toLowerCase();
  return kAliases[lower.length > 2 ? lower.replace(/s$/, "") : lower];
}

// With so many decimals; halves to the even digit, as Go rounds, where toFixed rounds up.
function fixed(value: number, decimals: number): string {
  const exact = value.toFixed(Math.min(decimals + 20, 100));
  const end = exact.indexOf(".") + 1 + decimals;
  const isHalf = /^50*$/.test(exact.slice(end));
  return isHalf && "02468".includes(exact[end - 1]!) ? exact.slice(0, end) : value.toFixed(decimals);
}

// "1.50MB", "10ms", "17": two decimals, as with pprof's -unit=auto.
export function format(value: number, unit: string): string {
  const [units, factor] = family(unit) ?? [[["", 1]] as Unit[], 1];
  const scaled = Math.abs(value) * factor;
  const fallback: Unit = units === kTimes ? ["s", 1e9] : units[0]!;
  const [name, size] = [...units].reverse().find(([, f]) => scaled / f >= 1) ?? fallback;
  const digits = fixed(scaled / size, 2).replace(/\.00$/, "");
  if (digits === "0") return "0";
  return (value < 0 ? "-" : "") + digits + name;
}

// "12.34%", "0.12%", "100%": as pprof, without its padding.
export function percent(value: number, total: number): string {
  const ratio = total === 0 ? 0 : Math.abs(value / total) * 100;
  if (ratio >= 99.95 && ratio <= 100.05) return "100%";
  if (ratio >= 1) return `${fixed(ratio, 2)}%`;
  if (ratio === 0) return "0%";
  if (ratio < 1e-4) return `${ratio.toExponential(1).replace(".0e", "e").replace(/-(\d)$/, "-0$1")}%`;
  return `${Number(fixed(ratio, 1 - Math.floor(Math.log10(ratio))))}%`;
}

// For people: "3 min 20 s".
export function duration(seconds: number): string {
  const units: [string, number][] = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
  }
  return parts.join(" ") || "0 s";
}
