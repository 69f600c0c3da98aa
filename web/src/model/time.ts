// Times carry their unit in their type. A point in time is a bigint, because nanoseconds since
// 1970 do not fit a double; a distance inside one trace is a double, exact up to 104 days.

/** Nanoseconds since 1970-01-01T00:00:00Z. */
export type UnixNanoseconds = bigint & { readonly unit: 'unix-ns' };
/** A distance in nanoseconds. */
export type Nanoseconds = number & { readonly unit: 'ns' };

export function unixNanoseconds(value: bigint): UnixNanoseconds {
  return value as UnixNanoseconds;
}

export function nanoseconds(value: number): Nanoseconds {
  return value as Nanoseconds;
}

/** Distance from `from` to `to`; negative when `to` is earlier. */
export function distance(from: UnixNanoseconds, to: UnixNanoseconds): Nanoseconds {
  return nanoseconds(Number(to - from));
}

export function toUnixMilliseconds(time: UnixNanoseconds): number {
  return Number(time / 1_000_000n);
}
