import { type FormEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useLocation, useSearch as useSearchString } from 'wouter';
import { useSearch } from '../../app/queries';
import { rememberResults } from '../../app/result_list';
import { useShareLink } from '../../app/share';
import { useShortcuts } from '../../app/shortcuts';
import { Button } from '../../components/Button/Button';
import { CopyButton } from '../../components/CopyButton/CopyButton';
import { EmptyState, ErrorMessage, Skeleton } from '../../components/Message/Message';
import { ResultsTable } from '../../components/ResultsTable/ResultsTable';
import { formatCount, formatDateTime } from '../../model/format';
import { kEmptyForm, parseForm, printForm, type SearchForm } from '../../query/form';
import { countTraces, texts } from '../../texts';
import {
  type ExploreState,
  explorePath,
  kLimits,
  kSorts,
  parseExplore,
  type RangeSeconds,
  resolveRange,
  type TimeRange,
} from '../../url/codec';
import styles from './ExplorePage.module.css';
import { RangeControl } from './RangeControl';
import { SearchFields } from './SearchFields';
import { Select } from './Select';
import { sortResults } from './sort_results';

const t = texts.explore;

// Lines of the results' grey placeholder: what a screen shows of them.
const kSkeletonLines = 10;

interface Draft {
  /** The text as it would be run. */
  readonly text: string;
  readonly form: SearchForm;
  /** The form cannot say what the text says. */
  readonly isRich: boolean;
}

function draftOf(text: string): Draft {
  const form = parseForm(text);
  return { text, form: form ?? kEmptyForm, isRich: form === null };
}

function rangeText(range: TimeRange): string {
  return range.kind === 'relative'
    ? t.ranges[range.preset]
    : `${formatDateTime(range.from * 1000)} – ${formatDateTime(range.to * 1000)}`;
}

function absoluteRange({ start, end }: RangeSeconds): TimeRange {
  return { kind: 'absolute', from: start, to: end };
}

/** Search: the form and the TraceQL text side by side, and the traces that match. */
export function ExplorePage() {
  const [, navigate] = useLocation();
  const searchString = useSearchString();
  const state = useMemo(() => parseExplore(searchString), [searchString]);
  const [draft, setDraft] = useState(() => draftOf(state.query));
  const [run, setRun] = useState(0);
  const textArea = useRef<HTMLTextAreaElement>(null);
  const formElement = useRef<HTMLFormElement>(null);
  const textId = useId();

  useEffect(() => {
    document.title = `${t.title} · ${texts.product}`;
  }, []);
  // The URL changed under us, by a link or by going back: show its query.
  useEffect(() => {
    setDraft((old) => (old.text === state.query ? old : draftOf(state.query)));
  }, [state.query]);

  const go = (change: Partial<ExploreState>, replace = false) => {
    const path = explorePath({ ...state, query: draft.text, ...change });
    if (path === explorePath(state)) {
      setRun((count) => count + 1);
    } else {
      navigate(path, { replace });
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    go({});
  };
  const changeForm = (form: SearchForm) => {
    const text = printForm(form);
    setDraft({ text: text === '{}' ? '' : text, form, isRich: false });
  };
  useShortcuts({
    focusQuery: () => textArea.current?.focus(),
    run: () => formElement.current?.requestSubmit(),
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: each run and each URL asks at its own time.
  const now = useMemo(() => Date.now(), [run, searchString]);
  const request = useMemo(
    () => ({ query: state.query, limit: state.limit, range: resolveRange(state.range, now) }),
    [state, now],
  );
  const result = useSearch(request, run);
  // Whoever gets the link sees what is seen here, also tomorrow: the range is made absolute.
  const link = () => {
    const { range } = request;
    const fixed = range === null ? state.range : absoluteRange(range);
    return window.location.origin + explorePath({ ...state, range: fixed });
  };
  useShareLink(link);
  const traces = useMemo(
    () => (result.data === undefined ? null : sortResults(result.data, state.sort)),
    [result.data, state.sort],
  );

  return (
    <div className={styles.page}>
      <h1 className="visually-hidden">{t.title}</h1>
      <form ref={formElement} className={styles.form} onSubmit={submit} aria-label={t.formLabel}>
        <SearchFields form={draft.form} disabled={draft.isRich} onChange={changeForm}>
          {draft.isRich && <p className={styles.rich}>{t.richQuery}</p>}
        </SearchFields>
        <div className={styles.run}>
          <div className={styles.query}>
            <label htmlFor={textId} className={styles.label}>
              {t.query}
            </label>
            <textarea
              id={textId}
              ref={textArea}
              className={styles.text}
              rows={Math.min(6, Math.max(1, draft.text.split('\n').length))}
              value={draft.text}
              placeholder={t.queryPlaceholder}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setDraft(draftOf(event.target.value))}
            />
          </div>
          <RangeControl range={state.range} onChange={(range) => go({ range })} />
          <Select
            label={t.limit}
            value={String(state.limit)}
            onChange={(value) =>
              go({ limit: kLimits.find((limit) => String(limit) === value) ?? state.limit })
            }
            options={kLimits.map((limit) => ({
              value: String(limit),
              label: formatCount(limit),
            }))}
          />
          <div className={styles.buttons}>
            <Button
              variant="quiet"
              disabled={draft.text === ''}
              onClick={() => setDraft(draftOf(''))}
            >
              {t.clear}
            </Button>
            <Button type="submit" variant="primary" icon="search">
              {t.run}
            </Button>
          </div>
        </div>
      </form>
      <section
        className={styles.results}
        aria-labelledby="results-title"
        aria-busy={result.isFetching}
      >
        <header className={styles.resultsHead}>
          <h2 id="results-title">
            {traces !== null && !result.isError
              ? t.resultCount(countTraces(traces.length))
              : t.results}
          </h2>
          <span className={styles.note} role="status">
            {result.isFetching
              ? t.searching
              : traces !== null && traces.length >= state.limit
                ? t.limitReached(formatCount(state.limit))
                : ''}
          </span>
          <CopyButton showLabel icon="link" text={link} label={t.copyLink} />
          <Select
            label={t.sort}
            hideLabel
            value={state.sort}
            onChange={(value) =>
              go(
                { query: state.query, sort: kSorts.find((sort) => sort === value) ?? 'newest' },
                true,
              )
            }
            options={kSorts.map((sort) => ({ value: sort, label: t.sorts[sort] }))}
          />
        </header>
        {result.isError ? (
          <div className={styles.message}>
            <ErrorMessage error={result.error} />
          </div>
        ) : traces === null ? (
          <Skeleton lines={kSkeletonLines} label={t.searching} />
        ) : traces.length === 0 ? (
          <EmptyState title={t.emptyTitle} text={t.emptyText(rangeText(state.range))}>
            {(state.range.kind === 'absolute' || state.range.preset !== 'all') && (
              <Button onClick={() => go({ range: { kind: 'relative', preset: 'all' } })}>
                {t.emptyWiden}
              </Button>
            )}
            {state.query !== '' && (
              <Button onClick={() => go({ query: '' })}>{t.emptyClear}</Button>
            )}
          </EmptyState>
        ) : (
          <div className={result.isPlaceholderData ? styles.stale : undefined}>
            <ResultsTable
              label={t.results}
              traces={traces}
              showMatches={parseForm(state.query) !== kEmptyForm}
              now={now}
              onOpen={() => rememberResults(traces.map((trace) => trace.traceId))}
            />
          </div>
        )}
      </section>
    </div>
  );
}
