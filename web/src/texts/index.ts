// The catalogue in use, and the counted phrases that several pages share.

import { formatCount } from '../model/format';
import { en } from './en';

export const texts = en;

export const countSpans = (count: number) => en.common.spans(formatCount(count), count === 1);
export const countTraces = (count: number) => en.common.traces(formatCount(count), count === 1);
export const countErrors = (count: number) => en.common.errors(formatCount(count), count === 1);
export const countServices = (count: number) => en.common.services(formatCount(count), count === 1);
