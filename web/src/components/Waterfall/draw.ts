// Draws the visible rows of the waterfall: names at the left, bars over time at the right.

import { formatDuration } from '../../model/format';
import type { Rows } from '../../model/rows';
import { distance } from '../../model/time';
import { kFlagError, kFlagMissingParent, kFlagParentCycle, type Trace } from '../../model/trace';
import type { TimeWindow } from '../../model/window';
import { indentStep, kRowHeight, rowGeometry, visibleRange } from './geometry';
import type { CanvasColours } from './theme_colours';

export interface Scene {
  readonly trace: Trace;
  readonly rows: Rows;
  readonly collapsed: ReadonlySet<number>;
  /** Errors before each span in preorder; one entry more than there are spans. */
  readonly errorsBefore: Int32Array;
  readonly serviceColours: readonly number[];
  readonly serviceLabels: readonly string[];
  readonly window: TimeWindow;
  readonly cursor: number;
  readonly hover: number;
  readonly scrollTop: number;
  readonly width: number;
  readonly height: number;
  readonly nameWidth: number;
  /** Points of time with a grid line. */
  readonly ticks: readonly number[];
  /** A range being dragged open, in pixels of the canvas. */
  readonly drag: { readonly from: number; readonly to: number } | null;
  readonly colours: CanvasColours;
  readonly noParentLabel: string;
  readonly unnamedLabel: string;
}

const kFontName = '500 13px "Inter Variable", system-ui, sans-serif';
const kFontSmall = '450 11px "Inter Variable", system-ui, sans-serif';
const kFontMark = '700 10px "Inter Variable", system-ui, sans-serif';

const kSwatch = 9;
const kServiceLabelMax = 110;
const kBarHeight = 12;
const kBarWidthMin = 2;
/** Space at both ends of the time area, so that marks at its edges can be seen. */
const kTimePadding = 8;

const kEllipsis = '…';
// Measured texts are kept; a trace has few distinct names, but a hostile one may have many.
const kMeasuredMax = 20_000;
const measured = new Map<string, number>();
const fitted = new Map<string, string>();

/** Forgets measured texts; called when a font has arrived. */
export function forgetMeasures(): void {
  measured.clear();
  fitted.clear();
}

function measure(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font}|${text}`;
  let width = measured.get(key);
  if (width === undefined) {
    if (measured.size >= kMeasuredMax) {
      forgetMeasures();
    }
    width = context.measureText(text).width;
    measured.set(key, width);
  }
  return width;
}

// Of what is kept of a text that does not fit, the share that its beginning gets. Names of spans
// differ at their ends: package.Service/Method.
const kHeadShare = 0.4;

function shorten(text: string, kept: number): string {
  const head = Math.ceil(kept * kHeadShare);
  return text.slice(0, head) + kEllipsis + text.slice(text.length - (kept - head));
}

/** Returns `text`, or as much of its beginning and end as fits with an ellipsis between. */
function fitText(context: CanvasRenderingContext2D, text: string, room: number): string {
  const width = Math.floor(room);
  if (width <= 0) {
    return '';
  }
  if (measure(context, text) <= width) {
    return text;
  }
  const key = `${context.font}|${width}|${text}`;
  const known = fitted.get(key);
  if (known !== undefined) {
    return known;
  }
  let low = 0;
  let high = text.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(shorten(text, middle)).width <= width) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const result = low === 0 ? '' : shorten(text, low);
  if (fitted.size >= kMeasuredMax) {
    fitted.clear();
  }
  fitted.set(key, result);
  return result;
}

/** Pixel of a point of time, in the canvas. */
export function timeToPixel(time: number, scene: Pick<Scene, 'window' | 'nameWidth' | 'width'>) {
  const left = scene.nameWidth + kTimePadding;
  const room = Math.max(1, scene.width - scene.nameWidth - 2 * kTimePadding);
  return left + ((time - scene.window.from) / (scene.window.to - scene.window.from)) * room;
}

/** Point of time under a pixel of the canvas. */
export function pixelToTime(pixel: number, scene: Pick<Scene, 'window' | 'nameWidth' | 'width'>) {
  const left = scene.nameWidth + kTimePadding;
  const room = Math.max(1, scene.width - scene.nameWidth - 2 * kTimePadding);
  return scene.window.from + ((pixel - left) / room) * (scene.window.to - scene.window.from);
}

function drawErrorMark(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  scene: Scene,
  isHollow: boolean,
): void {
  context.beginPath();
  context.arc(x + 6, y, 6, 0, Math.PI * 2);
  if (isHollow) {
    context.strokeStyle = scene.colours.error;
    context.lineWidth = 1.25;
    context.stroke();
    context.fillStyle = scene.colours.error;
  } else {
    context.fillStyle = scene.colours.error;
    context.fill();
    context.fillStyle = scene.colours.surface;
  }
  context.font = kFontMark;
  context.textAlign = 'center';
  context.fillText('!', x + 6, y + 0.5);
  context.textAlign = 'left';
}

function drawPill(
  context: CanvasRenderingContext2D,
  text: string,
  right: number,
  y: number,
  fill: string,
  ink: string,
): number {
  context.font = kFontSmall;
  const width = Math.ceil(measure(context, text)) + 10;
  context.fillStyle = fill;
  context.beginPath();
  context.roundRect(right - width, y - 8, width, 16, 4);
  context.fill();
  context.fillStyle = ink;
  context.fillText(text, right - width + 5, y + 0.5);
  return right - width - 4;
}

function drawName(
  context: CanvasRenderingContext2D,
  scene: Scene,
  index: number,
  y: number,
  step: number,
): void {
  const { trace, colours } = scene;
  const middle = y + kRowHeight / 2;
  const { chevron, content } = rowGeometry(trace.depth[index], step);
  let right = scene.nameWidth - 8;
  const isCollapsed = scene.collapsed.has(index);

  // Guides: one line per ancestor that has more children to come.
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  for (let child = index, at = trace.parent[index]; at >= 0; child = at, at = trace.parent[at]) {
    const x = Math.round(rowGeometry(trace.depth[at], step).chevron + 8) + 0.5;
    const isLast = trace.siblingPosition[child] === trace.siblingCount[child];
    if (at === trace.parent[index]) {
      context.moveTo(x, y);
      context.lineTo(x, isLast ? middle + 0.5 : y + kRowHeight);
      context.moveTo(x, Math.round(middle) + 0.5);
      context.lineTo(
        trace.childCount[index] > 0 ? chevron + 2 : content - 4,
        Math.round(middle) + 0.5,
      );
    } else if (!isLast) {
      context.moveTo(x, y);
      context.lineTo(x, y + kRowHeight);
    }
  }
  if (trace.childCount[index] > 0 && !isCollapsed) {
    const x = Math.round(chevron + 8) + 0.5;
    context.moveTo(x, middle + 6);
    context.lineTo(x, y + kRowHeight);
  }
  context.stroke();

  if (trace.childCount[index] > 0) {
    context.strokeStyle = colours.textSoft;
    context.lineWidth = 1.5;
    context.beginPath();
    const x = chevron + 8;
    if (isCollapsed) {
      context.moveTo(x - 2, middle - 4);
      context.lineTo(x + 2, middle);
      context.lineTo(x - 2, middle + 4);
    } else {
      context.moveTo(x - 4, middle - 2);
      context.lineTo(x, middle + 2);
      context.lineTo(x + 4, middle - 2);
    }
    context.stroke();
  }

  const flags = trace.flags[index];
  if ((flags & (kFlagMissingParent | kFlagParentCycle)) !== 0) {
    right = drawPill(context, scene.noParentLabel, right, middle, colours.warnSoft, colours.warn);
  }
  if (isCollapsed) {
    const hidden = trace.subtreeEnd[index] - index - 1;
    right = drawPill(context, `+${hidden}`, right, middle, colours.sunken, colours.textSoft);
  }
  const hasError = (flags & kFlagError) !== 0;
  const hidesError =
    isCollapsed && scene.errorsBefore[trace.subtreeEnd[index]] - scene.errorsBefore[index + 1] > 0;
  if (hasError || hidesError) {
    drawErrorMark(context, right - 13, middle, scene, !hasError);
    right -= 18;
  }

  const service = trace.service[index];
  context.fillStyle = colours.services[scene.serviceColours[service]];
  context.beginPath();
  context.roundRect(content, middle - kSwatch / 2, kSwatch, kSwatch, 2);
  context.fill();

  let x = content + kSwatch + 6;
  context.font = kFontSmall;
  context.fillStyle = colours.textFaint;
  const label = fitText(
    context,
    scene.serviceLabels[service],
    Math.min(kServiceLabelMax, (right - x) * 0.45),
  );
  if (label !== '') {
    context.fillText(label, x, middle + 0.5);
    x += measure(context, label) + 8;
  }
  context.font = kFontName;
  context.fillStyle = hasError ? colours.error : colours.text;
  const name = trace.spans[index].name;
  context.fillText(
    fitText(context, name === '' ? scene.unnamedLabel : name, right - x),
    x,
    middle + 0.5,
  );
}

function drawBar(context: CanvasRenderingContext2D, scene: Scene, index: number, y: number): void {
  const { trace, colours } = scene;
  const middle = y + kRowHeight / 2;
  const begin = trace.spanStart[index];
  const length = trace.spanDuration[index];
  const from = timeToPixel(begin, scene);
  const to = Math.max(timeToPixel(begin + length, scene), from + kBarWidthMin);
  const left = Math.max(from, scene.nameWidth - 4);
  const right = Math.min(to, scene.width + 4);
  const hasError = (trace.flags[index] & kFlagError) !== 0;
  if (right > left) {
    context.fillStyle = colours.services[scene.serviceColours[trace.service[index]]];
    context.beginPath();
    context.roundRect(
      left,
      middle - kBarHeight / 2,
      right - left,
      kBarHeight,
      Math.min(3, (right - left) / 2),
    );
    context.fill();
    if (hasError) {
      context.strokeStyle = colours.error;
      context.lineWidth = 1.5;
      context.beginPath();
      context.roundRect(
        left - 1.5,
        middle - kBarHeight / 2 - 1.5,
        right - left + 3,
        kBarHeight + 3,
        4,
      );
      context.stroke();
    }
  }

  // Events: a tick over the bar, light with a dark edge, so that it shows on every colour.
  const span = trace.spans[index];
  let lastTick = -10;
  for (const event of span.events) {
    const x = Math.round(timeToPixel(distance(trace.start, event.time), scene));
    if (x < scene.nameWidth || x > scene.width || Math.abs(x - lastTick) < 3) {
      continue;
    }
    lastTick = x;
    context.fillStyle = colours.surface;
    context.fillRect(x - 2, middle - kBarHeight / 2 - 2, 4, kBarHeight + 4);
    context.fillStyle = colours.text;
    context.fillRect(x - 1, middle - kBarHeight / 2 - 2, 2, kBarHeight + 4);
  }

  // The duration: after the bar where there is room, else before it, else across it. A bar that
  // lies outside the window leaves its duration at that edge, with an arrow.
  context.font = kFontSmall;
  const isBefore = to < scene.nameWidth;
  const isAfter = from > scene.width;
  const duration = formatDuration(length);
  const text = isBefore ? `‹ ${duration}` : isAfter ? `${duration} ›` : duration;
  const width = measure(context, text) + (hasError ? 18 : 0);
  const seenFrom = Math.max(from, scene.nameWidth);
  const seenTo = Math.min(to, scene.width);
  let x: number;
  if (isBefore) {
    x = scene.nameWidth + 6;
  } else if (seenTo + 8 + width <= scene.width - 4) {
    x = seenTo + 8;
  } else if (seenFrom - 8 - width >= scene.nameWidth + 4) {
    x = Math.min(seenFrom - 8 - width, scene.width - width - 6);
  } else {
    // On a plate of the surface's colour, so that it can be read.
    x = scene.width - width - 10;
    context.fillStyle = colours.surface;
    context.beginPath();
    context.roundRect(x - 4, middle - 8, width + 8, 16, 4);
    context.fill();
  }
  if (hasError) {
    drawErrorMark(context, x, middle, scene, false);
    x += 18;
    context.font = kFontSmall;
  }
  context.fillStyle = isBefore || isAfter ? colours.textFaint : colours.textSoft;
  context.fillText(text, x, middle + 0.5);
}

/** Draws the scene over the whole canvas. */
export function drawWaterfall(context: CanvasRenderingContext2D, scene: Scene): void {
  const { trace, rows, colours } = scene;
  context.fillStyle = colours.surface;
  context.fillRect(0, 0, scene.width, scene.height);
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  const range = visibleRange(scene.scrollTop, scene.height, rows.spans.length);
  const step = indentStep(trace.depthMax, scene.nameWidth);

  for (let row = range.first; row < range.end; row++) {
    const index = rows.spans[row];
    const y = row * kRowHeight - scene.scrollTop;
    if (index === scene.cursor || index === scene.hover) {
      context.fillStyle = index === scene.cursor ? colours.selected : colours.hover;
      context.fillRect(0, y, scene.width, kRowHeight);
    }
  }

  context.fillStyle = colours.line;
  for (const tick of scene.ticks) {
    const x = Math.round(timeToPixel(tick, scene));
    if (x > scene.nameWidth) {
      context.fillRect(x, 0, 1, scene.height);
    }
  }

  context.save();
  context.beginPath();
  context.rect(0, 0, scene.nameWidth, scene.height);
  context.clip();
  for (let row = range.first; row < range.end; row++) {
    drawName(context, scene, rows.spans[row], row * kRowHeight - scene.scrollTop, step);
  }
  context.restore();

  context.save();
  context.beginPath();
  context.rect(scene.nameWidth, 0, scene.width - scene.nameWidth, scene.height);
  context.clip();
  for (let row = range.first; row < range.end; row++) {
    drawBar(context, scene, rows.spans[row], row * kRowHeight - scene.scrollTop);
  }
  if (scene.drag !== null) {
    const left = Math.min(scene.drag.from, scene.drag.to);
    const width = Math.abs(scene.drag.to - scene.drag.from);
    context.globalAlpha = 0.18;
    context.fillStyle = colours.accent;
    context.fillRect(left, 0, width, scene.height);
    context.globalAlpha = 1;
    context.fillRect(left, 0, 1, scene.height);
    context.fillRect(left + width - 1, 0, 1, scene.height);
  }
  context.restore();

  context.fillStyle = colours.line;
  context.fillRect(scene.nameWidth - 1, 0, 1, scene.height);
  const cursorRow = scene.cursor >= 0 ? rows.rowOf[scene.cursor] : -1;
  if (cursorRow >= range.first && cursorRow < range.end) {
    context.fillStyle = colours.accent;
    context.fillRect(0, cursorRow * kRowHeight - scene.scrollTop, 3, kRowHeight);
  }
}
