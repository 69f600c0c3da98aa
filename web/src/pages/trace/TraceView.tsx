import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation, useSearch as useSearchString } from 'wouter';
import { loadNumber, storePreference } from '../../app/preferences';
import { neighbour } from '../../app/result_list';
import { useShortcuts } from '../../app/shortcuts';
import { Button, IconButton } from '../../components/Button/Button';
import { CopyButton } from '../../components/CopyButton/CopyButton';
import { Icon } from '../../components/Icon/Icon';
import { Minimap } from '../../components/Minimap/Minimap';
import { ServiceBadge } from '../../components/ServiceBadge/ServiceBadge';
import { SpanDetails } from '../../components/SpanDetails/SpanDetails';
import { kNameWidthMin, Waterfall } from '../../components/Waterfall/Waterfall';
import { encodeDocument } from '../../model/encode_otlp';
import { formatCount, formatDateTime, formatDuration } from '../../model/format';
import { assignColours } from '../../model/palette';
import { reveal, visibleRows } from '../../model/rows';
import { toUnixMilliseconds } from '../../model/time';
import { findSpan, nextError, type Trace } from '../../model/trace';
import { clampWindow, fullWindow, isFull, type TimeWindow, zoomWindow } from '../../model/window';
import { formatAge, texts } from '../../texts';
import { formatTraceView, kCollapsedMax, parseTraceView, tracePath } from '../../url/codec';
import styles from './TracePage.module.css';

const t = texts.trace;

// State reaches the URL this long after its last change: browsers refuse to change the history
// more than about twenty times a second, and a held key does.
const kUrlMs = 150;
const kNameWidthMax = 2000;
const kNameWidthDefault = 380;
const kZoomStep = 0.5;

interface ViewState {
  readonly cursor: number;
  readonly isOpen: boolean;
  readonly window: TimeWindow;
  readonly collapsed: ReadonlySet<number>;
}

function stateFromUrl(trace: Trace, search: string): ViewState {
  const url = parseTraceView(search);
  const cursor = url.span === null ? -1 : findSpan(trace, url.span);
  const collapsed = new Set(
    url.collapsed.map((id) => findSpan(trace, id)).filter((index) => index >= 0),
  );
  return {
    cursor,
    isOpen: cursor >= 0,
    window:
      url.zoom === null
        ? fullWindow(trace.duration)
        : clampWindow(url.zoom.from, url.zoom.to, trace.duration),
    collapsed: cursor >= 0 ? reveal(trace, collapsed, cursor) : collapsed,
  };
}

function urlFromState(trace: Trace, state: ViewState): string {
  const { window: shown } = state;
  return formatTraceView({
    span: state.isOpen && state.cursor >= 0 ? trace.spans[state.cursor].spanId : null,
    zoom: isFull(shown, trace.duration)
      ? null
      : { from: Math.floor(shown.from), to: Math.ceil(shown.to) },
    collapsed: [...state.collapsed]
      .slice(0, kCollapsedMax)
      .map((index) => trace.spans[index].spanId),
  });
}

/** The same view of a trace that was loaded again and may have got more spans. */
function carryOver(old: Trace, next: Trace, view: ViewState): ViewState {
  const moved = (index: number) => findSpan(next, old.spans[index].spanId);
  const cursor = view.cursor < 0 ? -1 : moved(view.cursor);
  return {
    cursor,
    isOpen: view.isOpen && cursor >= 0,
    window: isFull(view.window, old.duration)
      ? fullWindow(next.duration)
      : clampWindow(view.window.from, view.window.to, next.duration),
    collapsed: new Set([...view.collapsed].map(moved).filter((index) => index >= 0)),
  };
}

/** Keeps the view's state and the URL the same; the state leads, the URL follows. */
function useViewState(trace: Trace) {
  const [location, navigate] = useLocation();
  const search = useSearchString();
  const [stored, setStored] = useState(() => ({ trace, view: stateFromUrl(trace, search) }));
  const current =
    stored.trace === trace ? stored : { trace, view: carryOver(stored.trace, trace, stored.view) };
  if (current !== stored) {
    setStored(current);
  }
  const state = current.view;
  const setState = useCallback(
    (change: (old: ViewState) => ViewState) =>
      setStored((old) => ({ ...old, view: change(old.view) })),
    [],
  );
  const written = useRef(search);
  useEffect(() => {
    if (search !== written.current) {
      written.current = search;
      setState(() => stateFromUrl(trace, search));
    }
  }, [trace, search, setState]);
  useEffect(() => {
    const timer = setTimeout(() => {
      const next = urlFromState(trace, state);
      const bare = next.replace(/^\?/, '');
      if (bare !== written.current) {
        written.current = bare;
        navigate(location + next, { replace: true });
      }
    }, kUrlMs);
    return () => clearTimeout(timer);
  }, [trace, state, location, navigate]);
  return [state, setState] as const;
}

function downloadTrace(trace: Trace): void {
  const text = JSON.stringify(encodeDocument(trace.spans), null, 1);
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `trace-${trace.id}.json`;
  link.click();
  URL.revokeObjectURL(url);
}

function Figure({
  name,
  value,
  tone,
  hint,
}: {
  name: string;
  value: string;
  tone?: 'error' | 'warn';
  hint?: string;
}) {
  return (
    <div className={styles.figure} data-tone={tone} title={hint}>
      <dt>{name}</dt>
      <dd>
        {tone !== undefined && <Icon name="alert" size={13} />}
        {value}
      </dd>
    </div>
  );
}

interface TraceViewProps {
  trace: Trace;
  isLocal: boolean;
  /** Why spans are missing, in the server's words. */
  partialReason: string | null;
  onReload: (() => void) | null;
  isReloading: boolean;
}

/** One trace: figures, overview, waterfall, and the details of the chosen span. */
export function TraceView({
  trace,
  isLocal,
  partialReason,
  onReload,
  isReloading,
}: TraceViewProps) {
  const [, navigate] = useLocation();
  const [state, setState] = useViewState(trace);
  const { cursor, isOpen, window: shown, collapsed } = state;
  const [nameWidth, setNameWidth] = useState(() =>
    loadNumber('nameColumn', kNameWidthMin, kNameWidthMax, kNameWidthDefault),
  );
  const serviceColours = useMemo(() => assignColours(trace.services), [trace]);
  const [now] = useState(() => Date.now());
  const grid = useRef<HTMLDivElement>(null);

  const setWindow = useCallback(
    (next: TimeWindow) => setState((old) => ({ ...old, window: next })),
    [setState],
  );
  const moveTo = (index: number) => {
    if (index >= 0) {
      setState((old) => ({
        ...old,
        cursor: index,
        collapsed: reveal(trace, old.collapsed, index),
      }));
    }
  };
  const select = (index: number) => {
    setState((old) => ({
      ...old,
      cursor: index,
      isOpen: true,
      collapsed: reveal(trace, old.collapsed, index),
    }));
  };
  const toggle = (index: number) => {
    setState((old) => {
      const next = new Set(old.collapsed);
      if (!next.delete(index)) {
        next.add(index);
      }
      // A cursor that would be hidden moves to what hides it.
      const hidesCursor =
        next.has(index) && old.cursor > index && old.cursor < trace.subtreeEnd[index];
      return { ...old, collapsed: next, cursor: hidesCursor ? index : old.cursor };
    });
  };
  const step = (by: 1 | -1) => {
    setState((old) => {
      const { spans, rowOf } = visibleRows(trace, old.collapsed);
      const row = old.cursor < 0 ? (by === 1 ? 0 : spans.length - 1) : rowOf[old.cursor] + by;
      return row < 0 || row >= spans.length ? old : { ...old, cursor: spans[row] };
    });
  };
  const end = (of: 'first' | 'last') => {
    setState((old) => {
      const { spans } = visibleRows(trace, old.collapsed);
      return { ...old, cursor: spans[of === 'first' ? 0 : spans.length - 1] };
    });
  };
  const expand = () => {
    if (cursor < 0) {
      step(1);
    } else if (trace.childCount[cursor] > 0) {
      if (collapsed.has(cursor)) {
        toggle(cursor);
      } else {
        moveTo(cursor + 1);
      }
    }
  };
  const collapse = () => {
    if (cursor < 0) {
      return;
    }
    if (trace.childCount[cursor] > 0 && !collapsed.has(cursor)) {
      toggle(cursor);
    } else {
      moveTo(trace.parent[cursor]);
    }
  };
  const close = () => {
    setState((old) => (old.isOpen ? { ...old, isOpen: false } : { ...old, cursor: -1 }));
  };
  const goToError = (by: 1 | -1) => {
    const index = nextError(trace, cursor < 0 ? (by === 1 ? -1 : 0) : cursor, by);
    if (index >= 0) {
      select(index);
    }
  };
  const zoom = (factor: number) => {
    setState((old) => {
      const { from, to } = old.window;
      // About the selected span where it can be seen, else about the middle.
      const centre =
        old.cursor < 0
          ? Number.NaN
          : trace.spanStart[old.cursor] + trace.spanDuration[old.cursor] / 2;
      const at = (centre - from) / (to - from);
      const isSeen = at >= 0 && at <= 1;
      return { ...old, window: zoomWindow(old.window, factor, isSeen ? at : 0.5, trace.duration) };
    });
  };
  const goToNeighbour = (by: 1 | -1) => {
    const id = neighbour(trace.id, by);
    if (id !== null) {
      navigate(tracePath(id));
    }
  };
  const zoomToSpan = (index: number) => {
    const from = trace.spanStart[index];
    const length = trace.spanDuration[index];
    setWindow(clampWindow(from - length * 0.05, from + length * 1.05, trace.duration));
  };
  const changeNameWidth = (width: number) => {
    const next = Math.round(Math.min(kNameWidthMax, Math.max(kNameWidthMin, width)));
    setNameWidth(next);
    storePreference('nameColumn', String(next));
  };
  const hasParents = trace.depthMax > 0;
  const collapseAll = () => {
    const parents: number[] = [];
    for (let i = 0; i < trace.spanCount; i++) {
      if (trace.childCount[i] > 0 && trace.depth[i] > 0) {
        parents.push(i);
      }
    }
    setState((old) => ({ ...old, collapsed: new Set(parents), cursor: -1, isOpen: false }));
  };

  useShortcuts({
    next: () => step(1),
    previous: () => step(-1),
    first: () => end('first'),
    last: () => end('last'),
    expand,
    collapse,
    open: () => cursor >= 0 && setState((old) => ({ ...old, isOpen: true })),
    close,
    nextError: () => goToError(1),
    previousError: () => goToError(-1),
    zoomIn: () => zoom(kZoomStep),
    zoomOut: () => zoom(1 / kZoomStep),
    zoomReset: () => setWindow(fullWindow(trace.duration)),
    previousTrace: () => goToNeighbour(-1),
    nextTrace: () => goToNeighbour(1),
  });

  // What had the focus may be gone, with the panel that was closed: give it to the rows.
  const selectedNow = isOpen && cursor >= 0;
  const wasSelected = useRef(selectedNow);
  useEffect(() => {
    if (wasSelected.current && !selectedNow && document.activeElement === document.body) {
      grid.current?.focus({ preventScroll: true });
    }
    wasSelected.current = selectedNow;
  }, [selectedNow]);

  const root = trace.spans[trace.root];
  const rootService = trace.service[trace.root];
  const started = toUnixMilliseconds(trace.start);
  const isZoomed = !isFull(shown, trace.duration);
  const selected = isOpen && cursor >= 0 ? cursor : -1;
  const origin = window.location.origin;
  return (
    <div className={styles.view}>
      <header className={styles.header}>
        <div className={styles.titles}>
          <h1 className={styles.title}>{root.name === '' ? texts.common.noName : root.name}</h1>
          <p className={styles.under}>
            <ServiceBadge name={trace.services[rootService]} colour={serviceColours[rootService]} />
            <span className={styles.id}>
              <code>{trace.id}</code>
              <CopyButton text={trace.id} label={t.copyId} />
            </span>
            {isLocal && <span className={styles.local}>{t.localNote}</span>}
          </p>
        </div>
        <dl className={styles.figures}>
          <Figure name={t.duration} value={formatDuration(trace.duration)} />
          <Figure
            name={t.started}
            value={formatDateTime(started)}
            hint={formatAge(now - started)}
          />
          <Figure name={t.spans} value={formatCount(trace.spanCount)} />
          <Figure name={t.services} value={formatCount(trace.services.length)} />
          <Figure
            name={t.errors}
            value={formatCount(trace.errorCount)}
            {...(trace.errorCount > 0 ? { tone: 'error' as const } : {})}
          />
          {trace.missingParentCount > 0 && (
            <Figure
              name={t.missing}
              value={formatCount(trace.missingParentCount)}
              tone="warn"
              hint={t.missingHint}
            />
          )}
        </dl>
      </header>
      {partialReason !== null && (
        <p role="status" className={styles.partial}>
          <Icon name="alert" size={14} />
          {t.partial(partialReason)}
        </p>
      )}
      <div className={styles.toolbar}>
        <div className={styles.group}>
          <IconButton icon="plus" label={t.zoomIn} onClick={() => zoom(kZoomStep)} />
          <IconButton
            icon="minus"
            label={t.zoomOut}
            disabled={!isZoomed}
            onClick={() => zoom(1 / kZoomStep)}
          />
          <IconButton
            icon="zoomFit"
            label={t.zoomReset}
            disabled={!isZoomed}
            onClick={() => setWindow(fullWindow(trace.duration))}
          />
        </div>
        <div className={styles.group}>
          <IconButton
            icon="expand"
            label={t.expandAll}
            disabled={collapsed.size === 0}
            onClick={() => setState((old) => ({ ...old, collapsed: new Set() }))}
          />
          <IconButton
            icon="collapse"
            label={t.collapseAll}
            disabled={!hasParents}
            onClick={collapseAll}
          />
        </div>
        {trace.errorCount > 0 && (
          <Button variant="quiet" icon="alert" onClick={() => goToError(1)}>
            {t.nextError}
          </Button>
        )}
        <span className={styles.spring} />
        {neighbour(trace.id, -1) !== null && (
          <IconButton icon="left" label={t.previousTrace} onClick={() => goToNeighbour(-1)} />
        )}
        {neighbour(trace.id, 1) !== null && (
          <IconButton icon="right" label={t.nextTrace} onClick={() => goToNeighbour(1)} />
        )}
        {!isLocal && (
          <CopyButton
            showLabel
            icon="link"
            label={t.copyLink}
            text={() => `${origin}/trace/${trace.id}${urlFromState(trace, state)}`}
          />
        )}
        <Button variant="quiet" icon="download" onClick={() => downloadTrace(trace)}>
          {t.download}
        </Button>
        {onReload !== null && (
          <Button variant="quiet" icon="reload" disabled={isReloading} onClick={onReload}>
            {t.reload}
          </Button>
        )}
      </div>
      <Minimap trace={trace} serviceColours={serviceColours} window={shown} onWindow={setWindow} />
      <div className={styles.panes} data-open={selected >= 0}>
        <div className={styles.waterfall}>
          <Waterfall
            gridRef={grid}
            trace={trace}
            serviceColours={serviceColours}
            collapsed={collapsed}
            onToggle={toggle}
            cursor={cursor}
            onSelect={select}
            window={shown}
            onWindow={setWindow}
            nameWidth={nameWidth}
            onNameWidth={changeNameWidth}
          />
        </div>
        {selected >= 0 && (
          <SpanDetails
            key={selected}
            trace={trace}
            index={selected}
            serviceColours={serviceColours}
            link={
              isLocal ? null : origin + tracePath(trace.id, { span: trace.spans[selected].spanId })
            }
            onClose={close}
            onZoom={() => zoomToSpan(selected)}
          />
        )}
      </div>
    </div>
  );
}
