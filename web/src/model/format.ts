// Numbers, times and attribute values as people read them.

import { toHex } from '../base/bytes';
import type { AttributeValue } from './otlp';
import { toUnixMilliseconds, type UnixNanoseconds } from './time';

function threeDigits(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  const text = value.toFixed(digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

const kMicrosecond = 1_000;
const kMillisecond = 1_000_000;
const kSecond = 1_000_000_000;
const kMinute = 60 * kSecond;
const kHour = 60 * kMinute;

/** Writes a distance in nanoseconds with three digits: `0`, `850 ns`, `1.25 ms`, `2 m 3 s`. */
export function formatDuration(duration: number): string {
  if (duration < 0) {
    return `-${formatDuration(-duration)}`;
  }
  if (duration === 0) {
    return '0';
  }
  // The border values are those that three digits would round up to the next unit.
  if (duration < 999.5) {
    return `${threeDigits(duration)} ns`;
  }
  if (duration < 999.5 * kMicrosecond) {
    return `${threeDigits(duration / kMicrosecond)} µs`;
  }
  if (duration < 999.5 * kMillisecond) {
    return `${threeDigits(duration / kMillisecond)} ms`;
  }
  if (duration < 59.95 * kSecond) {
    return `${threeDigits(duration / kSecond)} s`;
  }
  if (duration < kHour - kSecond / 2) {
    const seconds = Math.round(duration / kSecond);
    return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  }
  const minutes = Math.round(duration / kMinute);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
}

/** Writes a point on the time axis, with as many digits as `step` needs. */
export function formatTick(time: number, step: number): string {
  if (time === 0) {
    return '0';
  }
  const [unit, name] =
    time >= kSecond
      ? [kSecond, 's']
      : time >= kMillisecond
        ? [kMillisecond, 'ms']
        : time >= kMicrosecond
          ? [kMicrosecond, 'µs']
          : [1, 'ns'];
  const digits = Math.max(0, Math.min(9, -Math.floor(Math.log10(step / unit) + 1e-9)));
  return `${(time / unit).toFixed(digits)} ${name}`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} B`;
  }
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${threeDigits(value)} ${units[unit]}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Writes local date and time to the second: `2026-11-23 21:05:09`. */
export function formatDateTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) {
    return '—';
  }
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${formatClock(milliseconds)}`;
}

/** Writes the local time of day to the second. */
function formatClock(milliseconds: number): string {
  const date = new Date(milliseconds);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Writes local date and time to the nanosecond: `2026-11-23 21:05:09.000 000 001`. */
export function formatExactTime(time: UnixNanoseconds): string {
  const fraction = (time % 1_000_000_000n).toString().padStart(9, '0');
  return `${formatDateTime(toUnixMilliseconds(time))}.${fraction}`;
}

/** A length of time in its largest fitting unit. */
export interface Age {
  readonly value: number;
  readonly unit: 'now' | 'seconds' | 'minutes' | 'hours' | 'days';
}

/** How long ago something was, in one number that people read at a glance. */
export function ageOf(milliseconds: number): Age {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 2) {
    return { value: 0, unit: 'now' };
  }
  if (seconds < 100) {
    return { value: seconds, unit: 'seconds' };
  }
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) {
    return { value: minutes, unit: 'minutes' };
  }
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? { value: hours, unit: 'hours' }
    : { value: Math.round(hours / 24), unit: 'days' };
}

/** Writes an attribute value in full; arrays and maps in JSON form, bytes in hex. */
export function formatValue(value: AttributeValue): string {
  switch (value.kind) {
    case 'empty':
      return '';
    case 'string':
    case 'int':
      return value.text;
    case 'bool':
      return String(value.flag);
    case 'double':
      return Object.is(value.number, -0) ? '-0' : String(value.number);
    case 'bytes':
      return toHex(value.bytes);
    case 'array':
    case 'map':
      return nested(value);
  }
}

function nested(value: AttributeValue): string {
  switch (value.kind) {
    case 'empty':
      return 'null';
    case 'string':
      return JSON.stringify(value.text);
    case 'bytes':
      return `"${toHex(value.bytes)}"`;
    case 'array':
      return `[${value.values.map(nested).join(', ')}]`;
    case 'map':
      return `{${value.entries
        .map((entry) => `${JSON.stringify(entry.key)}: ${nested(entry.value)}`)
        .join(', ')}}`;
    default:
      return formatValue(value);
  }
}

/** Unix seconds as an <input type="datetime-local"> holds them, in local time. */
export function toLocalInput(seconds: number): string {
  return formatDateTime(seconds * 1000).replace(' ', 'T');
}

/** Reads what an <input type="datetime-local"> holds; null when it is empty or not a date. */
export function fromLocalInput(text: string): number | null {
  const milliseconds = text === '' ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(milliseconds) ? null : Math.floor(milliseconds / 1000);
}
