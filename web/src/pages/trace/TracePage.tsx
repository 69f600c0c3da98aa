import { useEffect, useMemo } from 'react';
import { Link } from 'wouter';
import { useLocalFile } from '../../app/local_traces';
import { useTraceById } from '../../app/queries';
import { isTraceId, padTraceId } from '../../base/bytes';
import { Button } from '../../components/Button/Button';
import { EmptyState, ErrorMessage, Skeleton } from '../../components/Message/Message';
import type { Span } from '../../model/otlp';
import { buildTrace } from '../../model/trace';
import { texts } from '../../texts';
import styles from './TracePage.module.css';
import { TraceView } from './TraceView';

const t = texts.trace;

// Lines of the grey placeholder while a trace is on its way.
const kSkeletonLines = 14;

function useTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} · ${texts.product}`;
  }, [name]);
}

function useTrace(id: string, spans: readonly Span[] | null | undefined) {
  return useMemo(
    () =>
      spans === null || spans === undefined || spans.length === 0 ? null : buildTrace(id, spans),
    [id, spans],
  );
}

/** A trace of the server. */
export function TracePage({ id }: { id: string }) {
  const isValid = isTraceId(id);
  const traceId = padTraceId(id);
  const query = useTraceById(traceId, isValid);
  const trace = useTrace(traceId, query.data?.spans);
  useTitle(trace === null ? t.title : trace.spans[trace.root].name || t.title);
  if (!isValid) {
    return <EmptyState title={t.notFoundTitle} text={t.badId} />;
  }
  if (query.isError && trace === null) {
    return (
      <div className={styles.message}>
        <h1 className="visually-hidden">{t.title}</h1>
        <ErrorMessage error={query.error}>
          <Button icon="reload" onClick={() => query.refetch()}>
            {texts.common.retry}
          </Button>
        </ErrorMessage>
      </div>
    );
  }
  if (query.isPending) {
    return (
      <div className={styles.message}>
        <h1 className="visually-hidden">{t.title}</h1>
        <Skeleton lines={kSkeletonLines} label={t.loading} />
      </div>
    );
  }
  if (trace === null) {
    return (
      <EmptyState title={t.notFoundTitle} text={t.notFoundText}>
        <code className={styles.missingId}>{traceId}</code>
        <Button icon="reload" disabled={query.isFetching} onClick={() => query.refetch()}>
          {texts.common.retry}
        </Button>
      </EmptyState>
    );
  }
  return (
    <TraceView
      key={traceId}
      trace={trace}
      isLocal={false}
      partialReason={query.data?.partialReason ?? null}
      onReload={() => query.refetch()}
      isReloading={query.isFetching}
    />
  );
}

/** A trace of a file that was opened in this browser. */
export function LocalTracePage({ id }: { id: string }) {
  const spans = useLocalFile()?.traces.get(id);
  const trace = useTrace(id, spans);
  useTitle(trace === null ? t.title : trace.spans[trace.root].name || t.title);
  if (trace === null) {
    return (
      <EmptyState title={t.localMissingTitle} text={t.localMissingText}>
        <Link href="/">{t.openFile}</Link>
      </EmptyState>
    );
  }
  return (
    <TraceView
      key={id}
      trace={trace}
      isLocal
      partialReason={null}
      onReload={null}
      isReloading={false}
    />
  );
}
