import { memo } from 'react';
import { formatDuration } from '../../model/format';
import type { Rows } from '../../model/rows';
import { kFlagMissingParent, kFlagParentCycle, type Trace } from '../../model/trace';
import { countSpans, texts } from '../../texts';
import type { VisibleRange } from './geometry';

interface RowsMirrorProps {
  trace: Trace;
  rows: Rows;
  collapsed: ReadonlySet<number>;
  range: VisibleRange;
  cursor: number;
}

function statusText(trace: Trace, index: number): string {
  const parts: string[] = [texts.span.statuses[trace.spans[index].statusCode]];
  if ((trace.flags[index] & (kFlagMissingParent | kFlagParentCycle)) !== 0) {
    parts.push(texts.trace.noParent);
  }
  return parts.join(', ');
}

/**
 * The rows that the canvas shows, as elements that assistive technology can read. Not seen on the
 * screen; the row of the cursor is always among them, because the grid points at it.
 */
export const RowsMirror = memo(function RowsMirror({
  trace,
  rows,
  collapsed,
  range,
  cursor,
}: RowsMirrorProps) {
  const shown: number[] = [];
  const cursorRow = cursor >= 0 ? rows.rowOf[cursor] : -1;
  if (cursorRow >= 0 && cursorRow < range.first) {
    shown.push(cursorRow);
  }
  for (let row = range.first; row < range.end; row++) {
    shown.push(row);
  }
  if (cursorRow >= range.end) {
    shown.push(cursorRow);
  }
  const columns = texts.trace.rowColumns;
  return (
    <div role="rowgroup" className="visually-hidden">
      <div role="row" aria-rowindex={1}>
        <span role="columnheader">{columns.service}</span>
        <span role="columnheader">{columns.name}</span>
        <span role="columnheader">{columns.start}</span>
        <span role="columnheader">{columns.duration}</span>
        <span role="columnheader">{columns.status}</span>
      </div>
      {shown.map((row) => {
        const index = rows.spans[row];
        if (index === undefined) {
          return null;
        }
        const hasChildren = trace.childCount[index] > 0;
        const isCollapsed = collapsed.has(index);
        const service = trace.services[trace.service[index]];
        const name = trace.spans[index].name;
        return (
          <div
            key={index}
            id={`span-row-${index}`}
            role="row"
            tabIndex={-1}
            aria-rowindex={row + 2}
            aria-level={trace.depth[index] + 1}
            aria-posinset={trace.siblingPosition[index]}
            aria-setsize={trace.siblingCount[index]}
            aria-expanded={hasChildren ? !isCollapsed : undefined}
            aria-selected={index === cursor}
          >
            <span role="gridcell">{service === '' ? texts.common.noService : service}</span>
            <span role="gridcell">{name === '' ? texts.common.noName : name}</span>
            <span role="gridcell">{formatDuration(trace.spanStart[index])}</span>
            <span role="gridcell">{formatDuration(trace.spanDuration[index])}</span>
            <span role="gridcell">
              {statusText(trace, index)}
              {hasChildren && isCollapsed
                ? `, ${texts.trace.rowHidden(countSpans(trace.subtreeEnd[index] - index - 1))}`
                : ''}
            </span>
          </div>
        );
      })}
    </div>
  );
});
