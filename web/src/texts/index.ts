// The catalogue in use, and the counted phrases that several pages share.

import { ageOf, formatCount } from '../model/format';
import { en } from './en';

export const texts = en;

export const countSpans = (count: number) => en.common.spans(formatCount(count), count === 1);
export const countTraces = (count: number) => en.common.traces(formatCount(count), count === 1);

/** How long ago something was: `now`, `40 s ago`, `3 h ago`, `2 d ago`. */
export function formatAge(milliseconds: number): string {
  const { value, unit } = ageOf(milliseconds);
  return en.common.ages[unit](formatCount(value));
}
