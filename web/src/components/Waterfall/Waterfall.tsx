import {
  type PointerEvent as ReactPointerEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { formatTick } from '../../model/format';
import { visibleRows } from '../../model/rows';
import { kFlagError, type Trace } from '../../model/trace';
import { clampWindow, panWindow, type TimeWindow, ticks, zoomWindow } from '../../model/window';
import { texts } from '../../texts';
import { drawWaterfall, forgetMeasures, pixelToTime, type Scene, timeToPixel } from './draw';
import {
  indentStep,
  kChevronWidth,
  kRowHeight,
  rowGeometry,
  scrollToRow,
  type VisibleRange,
  visibleRange,
} from './geometry';
import { RowsMirror } from './RowsMirror';
import { useCanvasColours } from './theme_colours';
import { prepareCanvas, useFontsReady, useSize } from './use_canvas';
import styles from './Waterfall.module.css';

// Pixels between two marks of the time axis.
const kTickDistance = 110;
// A press that moves less than this is a click.
const kDragMin = 5;
// The mirror for assistive technology follows scrolling at this distance.
const kMirrorMs = 120;
// One notch of the wheel.
const kWheelZoom = 1.0016;
export const kNameWidthMin = 120;

interface WaterfallProps {
  /** The element that takes the focus. */
  gridRef: RefObject<HTMLDivElement | null>;
  trace: Trace;
  serviceColours: readonly number[];
  collapsed: ReadonlySet<number>;
  onToggle: (index: number) => void;
  /** The span that keys and details speak of; -1 for none. */
  cursor: number;
  onSelect: (index: number) => void;
  window: TimeWindow;
  onWindow: (window: TimeWindow) => void;
  nameWidth: number;
  onNameWidth: (width: number) => void;
}

/** The spans of a trace as rows with bars over time, drawn on a canvas. */
export function Waterfall({
  gridRef: scroller,
  trace,
  serviceColours,
  collapsed,
  onToggle,
  cursor,
  onSelect,
  window: timeWindow,
  onWindow,
  nameWidth: wantedNameWidth,
  onNameWidth,
}: WaterfallProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(scroller);
  const colours = useCanvasColours();
  const fonts = useFontsReady(forgetMeasures);
  const rows = useMemo(() => visibleRows(trace, collapsed), [trace, collapsed]);
  const [mirrored, setMirrored] = useState<VisibleRange>({ first: 0, end: 0 });
  const scrollTop = useRef(0);
  const hover = useRef(-1);
  const drag = useRef<{ from: number; to: number; startX: number; startY: number } | null>(null);
  const frame = useRef(0);
  const hasPlacedCursor = useRef(false);

  const nameWidth = Math.max(
    Math.min(wantedNameWidth, size.width - kNameWidthMin),
    Math.min(kNameWidthMin, size.width / 2),
  );
  const points = useMemo(
    () => ticks(timeWindow, Math.max(1, (size.width - nameWidth) / kTickDistance)),
    [timeWindow, size.width, nameWidth],
  );
  const errorsBefore = useMemo(() => {
    const sums = new Int32Array(trace.spanCount + 1);
    for (let i = 0; i < trace.spanCount; i++) {
      sums[i + 1] = sums[i] + ((trace.flags[i] & kFlagError) !== 0 ? 1 : 0);
    }
    return sums;
  }, [trace]);
  const serviceLabels = useMemo(
    () => trace.services.map((name) => (name === '' ? texts.common.noService : name)),
    [trace],
  );
  const base: Omit<Scene, 'scrollTop' | 'hover' | 'drag'> = {
    trace,
    rows,
    collapsed,
    errorsBefore,
    serviceColours,
    serviceLabels,
    window: timeWindow,
    cursor,
    width: size.width,
    height: size.height,
    nameWidth,
    ticks: points,
    colours,
    noParentLabel: texts.trace.noParent,
    unnamedLabel: texts.common.noName,
  };
  const scene = useRef(base);
  scene.current = base;

  const draw = useCallback(() => {
    if (frame.current !== 0) {
      return;
    }
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      const target = canvas.current;
      if (target === null || scene.current.width === 0 || scene.current.height === 0) {
        return;
      }
      const context = prepareCanvas(target, scene.current);
      if (context !== null) {
        drawWaterfall(context, {
          ...scene.current,
          scrollTop: scrollTop.current,
          hover: hover.current,
          drag: drag.current,
        });
      }
    });
  }, []);
  useEffect(
    () => () => {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    },
    [],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: any of these changes the picture.
  useLayoutEffect(draw, [draw, rows, cursor, timeWindow, size, nameWidth, colours, fonts, trace]);

  // The rows that assistive technology reads: at once when the list changes, calmly on scrolling.
  const mirrorTimer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const mirror = useCallback(() => {
    const next = visibleRange(
      scrollTop.current,
      scene.current.height,
      scene.current.rows.spans.length,
    );
    setMirrored((old) => (old.first === next.first && old.end === next.end ? old : next));
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the range depends on rows and height.
  useLayoutEffect(mirror, [mirror, rows, size.height]);
  useEffect(
    () => () => {
      if (mirrorTimer.current !== null) {
        clearTimeout(mirrorTimer.current);
      }
    },
    [],
  );
  const onScroll = () => {
    scrollTop.current = scroller.current?.scrollTop ?? 0;
    draw();
    if (mirrorTimer.current === null) {
      mirrorTimer.current = setTimeout(() => {
        mirrorTimer.current = null;
        mirror();
      }, kMirrorMs);
    }
  };

  // Keep the cursor in view; a span that the link names is put in the middle.
  useLayoutEffect(() => {
    const target = scroller.current;
    if (target === null || cursor < 0 || size.height === 0) {
      return;
    }
    const row = rows.rowOf[cursor];
    target.scrollTop = scrollToRow(
      row,
      target.scrollTop,
      size.height,
      !hasPlacedCursor.current && row * kRowHeight > size.height - kRowHeight,
    );
    if (hasPlacedCursor.current && document.activeElement === document.body) {
      // Keys moved the cursor: assistive technology follows only what has the focus.
      target.focus({ preventScroll: true });
    }
    hasPlacedCursor.current = true;
    scrollTop.current = target.scrollTop;
  }, [cursor, rows, size.height, scroller]);

  // The wheel zooms with Ctrl and moves sideways with Shift. React's own listener cannot stop the
  // page from zooming, so this one is put on by hand.
  const windowRef = useRef({ timeWindow, onWindow });
  windowRef.current = { timeWindow, onWindow };
  useEffect(() => {
    const target = scroller.current;
    if (target === null) {
      return undefined;
    }
    const onWheel = (event: WheelEvent) => {
      const at = scene.current;
      const x = event.clientX - target.getBoundingClientRect().left;
      if (x < at.nameWidth) {
        return;
      }
      const current = windowRef.current.timeWindow;
      const duration = at.trace.duration;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const part =
          (pixelToTime(x, at) - current.from) / Math.max(1e-9, current.to - current.from);
        windowRef.current.onWindow(
          zoomWindow(current, kWheelZoom ** event.deltaY, Math.min(1, Math.max(0, part)), duration),
        );
        return;
      }
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (sideways !== 0 && Math.abs(sideways) >= Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        event.preventDefault();
        windowRef.current.onWindow(
          panWindow(current, sideways / Math.max(1, at.width - at.nameWidth), duration),
        );
      }
    };
    target.addEventListener('wheel', onWheel, { passive: false });
    return () => target.removeEventListener('wheel', onWheel);
  }, [scroller]);

  const locate = (event: ReactPointerEvent | React.MouseEvent) => {
    const box = scroller.current?.getBoundingClientRect();
    const x = event.clientX - (box?.left ?? 0);
    const y = event.clientY - (box?.top ?? 0) + scrollTop.current;
    const row = Math.floor(y / kRowHeight);
    const isOnCanvas = x < size.width;
    const index = isOnCanvas && row >= 0 && row < rows.spans.length ? rows.spans[row] : -1;
    return { x, y, index, isOnCanvas };
  };
  const onPointerMove = (event: ReactPointerEvent) => {
    const { x, index } = locate(event);
    if (drag.current !== null) {
      drag.current.to = Math.min(Math.max(x, nameWidth), size.width);
      draw();
      return;
    }
    if (hover.current !== index) {
      hover.current = index;
      draw();
    }
  };
  const onPointerLeave = () => {
    if (hover.current !== -1) {
      hover.current = -1;
      draw();
    }
  };
  const onPointerDown = (event: ReactPointerEvent) => {
    const { x, isOnCanvas } = locate(event);
    if (event.button !== 0 || event.pointerType === 'touch' || !isOnCanvas || x < nameWidth) {
      return;
    }
    drag.current = { from: x, to: x, startX: event.clientX, startY: event.clientY };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onPointerUp = () => {
    const dragged = drag.current;
    if (dragged !== null && Math.abs(dragged.to - dragged.from) >= kDragMin) {
      onWindow(
        clampWindow(pixelToTime(dragged.from, base), pixelToTime(dragged.to, base), trace.duration),
      );
      wasDragged.current = true;
    }
    drag.current = null;
    draw();
  };
  const wasDragged = useRef(false);
  const onClick = (event: React.MouseEvent) => {
    if (wasDragged.current) {
      wasDragged.current = false;
      return;
    }
    const { x, index } = locate(event);
    if (index < 0) {
      return;
    }
    const { chevron } = rowGeometry(trace.depth[index], indentStep(trace.depthMax, nameWidth));
    const isChevron = x >= chevron - 4 && x < chevron + kChevronWidth && x < nameWidth;
    if (isChevron && trace.childCount[index] > 0) {
      onToggle(index);
    } else {
      onSelect(index);
    }
  };
  const onDoubleClick = (event: React.MouseEvent) => {
    const { x, index } = locate(event);
    if (index >= 0 && x >= nameWidth) {
      const from = trace.spanStart[index];
      const length = trace.spanDuration[index];
      onWindow(clampWindow(from - length * 0.05, from + length * 1.05, trace.duration));
    }
  };

  const startDividerDrag = (event: ReactPointerEvent<HTMLDivElement>) => {
    event.preventDefault();
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    const left = scroller.current?.getBoundingClientRect().left ?? 0;
    const move = (moved: PointerEvent) => onNameWidth(moved.clientX - left);
    const stop = () => {
      handle.removeEventListener('pointermove', move);
      handle.removeEventListener('pointerup', stop);
      handle.removeEventListener('pointercancel', stop);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', stop);
    handle.addEventListener('pointercancel', stop);
  };
  const onDividerKey = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? -16 : event.key === 'ArrowRight' ? 16 : 0;
    if (step !== 0) {
      event.preventDefault();
      onNameWidth(nameWidth + step);
    }
  };

  const stepBetween = points.length > 1 ? points[1] - points[0] : timeWindow.to - timeWindow.from;
  const contentHeight = Math.max(rows.spans.length * kRowHeight, size.height);
  return (
    <div className={styles.waterfall}>
      <div className={styles.head} aria-hidden="true">
        <span className={styles.headName} style={{ width: `${nameWidth}px` }}>
          {texts.trace.columnName}
        </span>
        {points.map((point) => {
          const x = timeToPixel(point, base);
          return x > nameWidth && x < size.width - 30 ? (
            <span key={point} className={styles.tick} style={{ left: `${x}px` }}>
              {formatTick(point, stepBetween)}
            </span>
          ) : null;
        })}
      </div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the page binds the keys, see app/shortcuts.ts. */}
      <div
        ref={scroller}
        className={styles.scroller}
        role="treegrid"
        aria-label={texts.trace.waterfall}
        aria-rowcount={rows.spans.length + 1}
        aria-colcount={5}
        aria-activedescendant={cursor >= 0 ? `span-row-${cursor}` : undefined}
        tabIndex={0}
        data-testid="waterfall"
        onScroll={onScroll}
        onPointerMove={onPointerMove}
        onPointerLeave={onPointerLeave}
        onPointerDown={onPointerDown}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerUp}
        onClick={onClick}
        onDoubleClick={onDoubleClick}
      >
        <div className={styles.spacer} style={{ height: `${contentHeight}px` }} aria-hidden="true">
          <canvas ref={canvas} className={styles.canvas} />
        </div>
        <RowsMirror
          trace={trace}
          rows={rows}
          collapsed={collapsed}
          range={mirrored}
          cursor={cursor}
        />
      </div>
      <div
        className={styles.divider}
        style={{ left: `${nameWidth - 4}px` }}
        role="separator"
        aria-orientation="vertical"
        aria-label={texts.trace.divider}
        aria-valuemin={kNameWidthMin}
        aria-valuemax={Math.max(kNameWidthMin, Math.round(size.width - kNameWidthMin))}
        aria-valuenow={Math.round(nameWidth)}
        tabIndex={0}
        onPointerDown={startDividerDrag}
        onKeyDown={onDividerKey}
      />
    </div>
  );
}
