import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { MatchedSpan, TraceSummary } from '../../api/types';
import { formatCount, formatDateTime, formatDuration, formatValue } from '../../model/format';
import { assignColours } from '../../model/palette';
import { distance, toUnixMilliseconds } from '../../model/time';
import { formatAge, texts } from '../../texts';
import { tracePath } from '../../url/codec';
import { Icon } from '../Icon/Icon';
import { ServiceBadge } from '../ServiceBadge/ServiceBadge';
import styles from './ResultsTable.module.css';

interface ResultsTableProps {
  label: string;
  traces: readonly TraceSummary[];
  /** Offers the spans that matched below each trace; off where every span matches. */
  showMatches: boolean;
  /** Milliseconds, for "3 min ago". */
  now: number;
  /** Called when a trace is opened from the list. */
  onOpen?: () => void;
}

export function traceName(trace: TraceSummary): string {
  return trace.rootName !== '' ? trace.rootName : texts.explore.rootMissing;
}

/** Traces, one a row. Below 720 pixels a row becomes a card. */
export function ResultsTable({ label, traces, showMatches, now, onOpen }: ResultsTableProps) {
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const colours = useMemo(() => {
    const names = new Set<string>();
    for (const trace of traces) {
      names.add(trace.rootService);
      for (const { service } of trace.services) {
        names.add(service);
      }
    }
    const list = [...names];
    const numbers = assignColours(list);
    return new Map(list.map((name, index) => [name, numbers[index]]));
  }, [traces]);
  const longest = Math.max(1, ...traces.map((trace) => trace.durationMs));
  const toggle = (id: string) => {
    const next = new Set(expanded);
    if (!next.delete(id)) {
      next.add(id);
    }
    setExpanded(next);
  };
  const columns = texts.explore.columns;
  return (
    <div
      role="table"
      aria-label={label}
      className={`${styles.table} ${showMatches ? styles.withMatches : ''}`}
    >
      <div role="rowgroup" className={styles.head}>
        <div role="row" className={styles.row}>
          <span role="columnheader">{columns.start}</span>
          <span role="columnheader">{columns.trace}</span>
          <span role="columnheader" className={styles.number}>
            {columns.duration}
          </span>
          <span role="columnheader" className={styles.number}>
            {columns.spans}
          </span>
          <span role="columnheader" className={styles.number}>
            {columns.errors}
          </span>
          <span role="columnheader">{columns.services}</span>
          {showMatches && (
            <span role="columnheader" className={styles.number}>
              {columns.matched}
            </span>
          )}
        </div>
      </div>
      <div role="rowgroup">
        {traces.map((trace) => (
          <ResultRow
            key={trace.traceId}
            trace={trace}
            colours={colours}
            longest={longest}
            now={now}
            showMatches={showMatches}
            isExpanded={expanded.has(trace.traceId)}
            onToggle={() => toggle(trace.traceId)}
            onOpen={onOpen}
          />
        ))}
      </div>
    </div>
  );
}

function ResultRow({
  trace,
  colours,
  longest,
  now,
  showMatches,
  isExpanded,
  onToggle,
  onOpen,
}: {
  trace: TraceSummary;
  colours: ReadonlyMap<string, number>;
  longest: number;
  now: number;
  showMatches: boolean;
  isExpanded: boolean;
  onToggle: () => void;
  onOpen: (() => void) | undefined;
}) {
  const started = toUnixMilliseconds(trace.start);
  const spans = trace.services.reduce((sum, { spans: count }) => sum + count, 0);
  const errors = trace.services.reduce((sum, { errors: count }) => sum + count, 0);
  const columns = texts.explore.columns;
  const others = trace.services.filter(({ service }) => service !== trace.rootService);
  return (
    <>
      <div role="row" className={`${styles.row} ${styles.body}`}>
        <span role="cell" className={styles.start}>
          <time dateTime={new Date(started).toISOString()}>{formatDateTime(started)}</time>
          <small>{formatAge(now - started)}</small>
        </span>
        <span role="cell" className={styles.trace}>
          <Link
            href={tracePath(trace.traceId)}
            className={`${styles.link} ${trace.rootName === '' ? styles.incomplete : ''}`}
            onClick={onOpen}
          >
            {traceName(trace)}
          </Link>
          {trace.rootService !== '' && (
            <small>
              <ServiceBadge name={trace.rootService} colour={colours.get(trace.rootService) ?? 0} />
            </small>
          )}
        </span>
        <span
          role="cell"
          className={`${styles.number} ${styles.duration}`}
          data-label={columns.duration}
        >
          {trace.durationMs < 1
            ? texts.explore.belowOneMs
            : formatDuration(trace.durationMs * 1_000_000)}
          <span className={styles.bar} aria-hidden="true">
            <span style={{ width: `${(100 * trace.durationMs) / longest}%` }} />
          </span>
        </span>
        <span role="cell" className={styles.number} data-label={columns.spans}>
          {spans > 0 ? formatCount(spans) : '–'}
        </span>
        <span role="cell" className={styles.number} data-label={columns.errors}>
          {errors > 0 ? (
            <span className={styles.errors}>
              <Icon name="alert" size={13} />
              {formatCount(errors)}
            </span>
          ) : (
            <span className={styles.zero}>0</span>
          )}
        </span>
        <span role="cell" className={styles.services} data-label={columns.services}>
          {others.length === 0 ? (
            <span className={styles.zero}>–</span>
          ) : (
            others
              .slice(0, kServicesShown)
              .map(({ service }) => (
                <ServiceBadge key={service} name={service} colour={colours.get(service) ?? 0} />
              ))
          )}
          {others.length > kServicesShown && (
            <small>+{formatCount(others.length - kServicesShown)}</small>
          )}
        </span>
        {showMatches && (
          <span role="cell" className={styles.number} data-label={columns.matched}>
            {trace.matchedSpans.length > 0 ? (
              <button
                type="button"
                className={styles.matches}
                aria-expanded={isExpanded}
                aria-label={`${isExpanded ? texts.explore.hideMatches : texts.explore.showMatches}: ${formatCount(trace.matchedCount)}`}
                onClick={onToggle}
              >
                {formatCount(trace.matchedCount)}
                <Icon name={isExpanded ? 'chevronDown' : 'chevronRight'} size={13} />
              </button>
            ) : (
              formatCount(trace.matchedCount)
            )}
          </span>
        )}
      </div>
      {isExpanded && (
        <div role="row" className={styles.matchRow}>
          <div role="cell" className={styles.matchCell}>
            <ul aria-label={texts.explore.matchedSpans(traceName(trace))}>
              {trace.matchedSpans.map((span) => (
                <MatchedSpanLine key={span.spanId} trace={trace} span={span} />
              ))}
            </ul>
            {trace.matchedCount > trace.matchedSpans.length && (
              <p className={styles.more}>
                {texts.explore.moreMatches(
                  formatCount(trace.matchedCount - trace.matchedSpans.length),
                )}
              </p>
            )}
          </div>
        </div>
      )}
    </>
  );
}

// Service badges in one row; the rest is a count.
const kServicesShown = 4;

function MatchedSpanLine({ trace, span }: { trace: TraceSummary; span: MatchedSpan }) {
  return (
    <li className={styles.match}>
      <Link href={tracePath(trace.traceId, { span: span.spanId })}>
        {span.name !== '' ? span.name : span.spanId}
      </Link>
      <span>{formatDuration(span.duration)}</span>
      <span className={styles.zero}>+{formatDuration(distance(trace.start, span.start))}</span>
      <span className={styles.matchAttributes}>
        {span.attributes.map((attribute) => (
          <code key={attribute.key}>
            {attribute.key}={formatValue(attribute.value)}
          </code>
        ))}
      </span>
    </li>
  );
}
