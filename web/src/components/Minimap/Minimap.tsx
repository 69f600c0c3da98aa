import { type PointerEvent as ReactPointerEvent, useEffect, useLayoutEffect, useRef } from 'react';
import { kFlagError, type Trace } from '../../model/trace';
import { clampWindow, fullWindow, isFull, type TimeWindow, zoomWindow } from '../../model/window';
import { texts } from '../../texts';
import { useCanvasColours } from '../Waterfall/theme_colours';
import { prepareCanvas, useSize } from '../Waterfall/use_canvas';
import styles from './Minimap.module.css';

// Errors are marked along the bottom edge, in this many pixels.
const kErrorHeight = 3;
// A press that moves less than this selects nothing.
const kDragMin = 4;
const kWheelZoom = 1.0016;

interface MinimapProps {
  trace: Trace;
  serviceColours: readonly number[];
  window: TimeWindow;
  onWindow: (window: TimeWindow) => void;
}

/** The whole trace in a strip, with the part that the waterfall shows standing out. */
export function Minimap({ trace, serviceColours, window: timeWindow, onWindow }: MinimapProps) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(frame);
  const colours = useCanvasColours();
  const start = useRef<number | null>(null);
  const full = fullWindow(trace.duration);
  const span = full.to - full.from;

  useLayoutEffect(() => {
    const target = canvas.current;
    const context = target === null || size.width === 0 ? null : prepareCanvas(target, size);
    if (context === null) {
      return;
    }
    context.clearRect(0, 0, size.width, size.height);
    const usable = size.height - kErrorHeight - 3;
    const step = usable / Math.max(1, trace.spanCount);
    const barHeight = Math.max(1, Math.min(4, step));
    for (let i = 0; i < trace.spanCount; i++) {
      const x = (trace.spanStart[i] / span) * size.width;
      const width = Math.max(1, (trace.spanDuration[i] / span) * size.width);
      context.fillStyle = colours.services[serviceColours[trace.service[i]]];
      context.fillRect(x, Math.floor(i * step) + 1, width, barHeight);
    }
    context.fillStyle = colours.error;
    for (let i = 0; i < trace.spanCount; i++) {
      if ((trace.flags[i] & kFlagError) !== 0) {
        const x = (trace.spanStart[i] / span) * size.width;
        context.fillRect(Math.min(size.width - 2, x), size.height - kErrorHeight, 2, kErrorHeight);
      }
    }
  }, [trace, serviceColours, size, colours, span]);

  const latest = useRef({ timeWindow, onWindow });
  latest.current = { timeWindow, onWindow };
  useEffect(() => {
    const target = frame.current;
    if (target === null) {
      return undefined;
    }
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = target.getBoundingClientRect();
      const time = ((event.clientX - box.left) / Math.max(1, box.width)) * span;
      const current = latest.current.timeWindow;
      const part = (time - current.from) / (current.to - current.from);
      latest.current.onWindow(
        zoomWindow(
          current,
          kWheelZoom ** event.deltaY,
          Math.min(1, Math.max(0, part)),
          trace.duration,
        ),
      );
    };
    target.addEventListener('wheel', onWheel, { passive: false });
    return () => target.removeEventListener('wheel', onWheel);
  }, [span, trace.duration]);

  const timeAt = (event: ReactPointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    return box === undefined ? 0 : ((event.clientX - box.left) / Math.max(1, box.width)) * span;
  };
  const pixelMin = (kDragMin / Math.max(1, size.width)) * span;
  const isZoomed = !isFull(timeWindow, trace.duration);
  const percent = (time: number) => `${Math.min(100, Math.max(0, (time / span) * 100))}%`;
  return (
    <div
      ref={frame}
      className={styles.minimap}
      role="img"
      aria-label={texts.trace.minimap}
      title={texts.trace.minimap}
      onPointerDown={(event) => {
        start.current = timeAt(event);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const now = timeAt(event);
        if (start.current !== null && Math.abs(now - start.current) > pixelMin) {
          onWindow(clampWindow(start.current, now, trace.duration));
        }
      }}
      onPointerUp={() => {
        start.current = null;
      }}
      onDoubleClick={() => onWindow(full)}
    >
      <canvas ref={canvas} className={styles.canvas} />
      {isZoomed && (
        <>
          <div className={styles.shade} style={{ left: 0, width: percent(timeWindow.from) }} />
          <div className={styles.shade} style={{ left: percent(timeWindow.to), right: 0 }} />
          <div
            className={styles.window}
            style={{
              left: percent(timeWindow.from),
              width: percent(timeWindow.to - timeWindow.from),
            }}
          />
        </>
      )}
    </div>
  );
}
