// Times as people read them: 24 hours, in the zone of the browser, which the page names once.

const two = (value: number): string => String(value).padStart(2, "0");

export const minutesOf = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}`;

// "14:05:30"
export const clock = (at: Date): string => `${minutesOf(at)}:${two(at.getSeconds())}`;

// "11-28"
export const dayOf = (at: Date): string => `${two(at.getMonth() + 1)}-${two(at.getDate())}`;

// "2026-11-28 14:05:30"
export const dayAndClock = (at: Date): string => `${at.getFullYear()}-${dayOf(at)} ${clock(at)}`;

export const zone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

export const fromSeconds = (seconds: number): Date => new Date(seconds * 1000);
