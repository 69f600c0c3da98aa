// Where things stand in the waterfall: the same numbers draw a row and find what was clicked.

export const kRowHeight = 26;

// Levels are set apart by this much, until a deep trace makes it less.
const kIndent = 14;
// Share of the name column that indentation may take.
const kIndentShare = 0.45;
const kPadding = 8;
export const kChevronWidth = 18;

export interface RowGeometry {
  /** Left edge of the chevron of a span at this depth. */
  readonly chevron: number;
  /** Left edge of the service's swatch. */
  readonly content: number;
}

/** Distance between two levels, in a column of `width` pixels. */
export function indentStep(depthMax: number, width: number): number {
  return depthMax === 0 ? kIndent : Math.min(kIndent, (width * kIndentShare) / depthMax);
}

export function rowGeometry(depth: number, step: number): RowGeometry {
  const chevron = kPadding + depth * step;
  return { chevron, content: chevron + kChevronWidth };
}

export interface VisibleRange {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

/** Rows that a viewport shows, partly shown ones included. */
export function visibleRange(scrollTop: number, height: number, rowCount: number): VisibleRange {
  const first = Math.max(0, Math.min(rowCount, Math.floor(scrollTop / kRowHeight)));
  const end = Math.min(rowCount, Math.ceil((scrollTop + height) / kRowHeight));
  return { first, end: Math.max(first, end) };
}

/** Scroll position that shows a row, leaving everything as it is when the row can be seen. */
export function scrollToRow(
  row: number,
  scrollTop: number,
  height: number,
  centre: boolean,
): number {
  const top = row * kRowHeight;
  if (centre) {
    return Math.max(0, top - (height - kRowHeight) / 2);
  }
  if (top < scrollTop) {
    return top;
  }
  if (top + kRowHeight > scrollTop + height) {
    return top + kRowHeight - height;
  }
  return scrollTop;
}
