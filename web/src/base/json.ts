// Checks on values that came from outside. Each reader takes the value and the path to it, and
// throws a DecodeError that names the path, what was expected and what was found.

export class DecodeError extends Error {
  override name = 'DecodeError';
}

/** Puts the place of a list's item before the message of an error that happened in it. */
function placed(error: unknown, name: string, index: number): unknown {
  return error instanceof DecodeError
    ? new DecodeError(`${name}[${index}].${error.message}`)
    : error;
}

export type JsonObject = { readonly [key: string]: unknown };

export function describe(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'array';
  }
  if (typeof value === 'string') {
    return value.length > 40 ? `text "${value.slice(0, 40)}..."` : `text "${value}"`;
  }
  if (typeof value === 'number' || typeof value === 'boolean') {
    return `${typeof value} ${value}`;
  }
  return typeof value;
}

function fail(path: string, expected: string, value: unknown): never {
  throw new DecodeError(`${path}: expected ${expected}, found ${describe(value)}`);
}

export function readObject(value: unknown, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    fail(path, 'object', value);
  }
  return value as JsonObject;
}

/** Absent and null mean the empty list, as in proto3 JSON. */
export function readArray(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) {
    return [];
  }
  if (!Array.isArray(value)) {
    fail(path, 'array', value);
  }
  return value as readonly unknown[];
}

/**
 * Decodes each item of a list. The path of an item is only made when it is wrong: a large trace has
 * a million values, and none of them is.
 */
export function readList<T>(value: unknown, name: string, decode: (item: JsonObject) => T): T[] {
  const list = readArray(value, name);
  const result: T[] = [];
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      fail(`${name}[${index}]`, 'object', item);
    }
    try {
      result.push(decode(item as JsonObject));
    } catch (error) {
      throw placed(error, name, index);
    }
  }
  return result;
}

/** Absent and null mean the empty text, as in proto3 JSON. */
export function readString(value: unknown, path: string): string {
  if (value === undefined || value === null) {
    return '';
  }
  if (typeof value !== 'string') {
    fail(path, 'text', value);
  }
  return value;
}

/** A number that may be written as text; absent means 0. */
export function readNumber(value: unknown, path: string): number {
  if (value === undefined || value === null) {
    return 0;
  }
  if (typeof value === 'number') {
    return value;
  }
  if (typeof value === 'string') {
    if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') {
      return Number(value);
    }
    if (value.trim() !== '' && Number.isFinite(Number(value))) {
      return Number(value);
    }
  }
  return fail(path, 'number', value);
}

const kUint32Max = 4_294_967_295;

export function readUint32(value: unknown, path: string): number {
  const number = readNumber(value, path);
  if (!Number.isInteger(number) || number < 0 || number > kUint32Max) {
    fail(path, 'whole number from 0 to 4294967295', value);
  }
  return number;
}

export function readBoolean(value: unknown, path: string): boolean {
  if (value === undefined || value === null) {
    return false;
  }
  if (typeof value !== 'boolean') {
    fail(path, 'true or false', value);
  }
  return value;
}

/** A 64-bit integer, written as text or as a number; returns its decimal text. */
export function readInt64Text(value: unknown, path: string): string {
  if (value === undefined || value === null) {
    return '0';
  }
  if (typeof value === 'number' && Number.isInteger(value)) {
    return BigInt(value).toString();
  }
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) {
    return value;
  }
  return fail(path, '64-bit integer', value);
}
