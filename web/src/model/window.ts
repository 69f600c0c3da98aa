// The part of a trace's time that the waterfall shows. Distances count from the trace's start.

import { type Nanoseconds, nanoseconds } from './time';

export interface TimeWindow {
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
}

// The narrowest window: one nanosecond is the finest step the data has, and ten of them still
// leave room for a bar and its label.
const kWindowMin = 10;

export function fullWindow(duration: number): TimeWindow {
  return { from: nanoseconds(0), to: nanoseconds(Math.max(duration, kWindowMin)) };
}

/** Brings any two numbers into an ordered window inside [0, duration]. */
export function clampWindow(from: number, to: number, duration: number): TimeWindow {
  const full = Math.max(duration, kWindowMin);
  let low = Math.max(0, Math.min(from, to, full));
  let high = Math.min(full, Math.max(from, to, 0));
  if (high - low < kWindowMin) {
    const middle = Math.min(Math.max((low + high) / 2, kWindowMin / 2), full - kWindowMin / 2);
    low = middle - kWindowMin / 2;
    high = middle + kWindowMin / 2;
  }
  return { from: nanoseconds(low), to: nanoseconds(high) };
}

/** Scales the window about the point `at` (0 = left edge, 1 = right edge). */
export function zoomWindow(
  window: TimeWindow,
  factor: number,
  at: number,
  duration: number,
): TimeWindow {
  const width = window.to - window.from;
  const full = Math.max(duration, kWindowMin);
  const newWidth = Math.min(full, Math.max(kWindowMin, width * factor));
  const centre = window.from + width * at;
  const from = Math.min(Math.max(0, centre - newWidth * at), full - newWidth);
  return clampWindow(from, from + newWidth, duration);
}

/** Moves the window by a part of its width, without leaving the trace. */
export function panWindow(window: TimeWindow, part: number, duration: number): TimeWindow {
  const width = window.to - window.from;
  const full = Math.max(duration, kWindowMin);
  const from = Math.min(Math.max(0, window.from + width * part), full - width);
  return clampWindow(from, from + width, duration);
}

export function isFull(window: TimeWindow, duration: number): boolean {
  const full = fullWindow(duration);
  return window.from <= full.from && window.to >= full.to;
}

/** Returns round points of time in the window, about `wanted` of them. */
export function ticks(window: TimeWindow, wanted: number): number[] {
  const width = window.to - window.from;
  const rough = width / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step =
    [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= rough) ?? rough;
  const points: number[] = [];
  for (let i = Math.ceil(window.from / step); i * step <= window.to; i++) {
    points.push(i * step);
  }
  return points;
}
