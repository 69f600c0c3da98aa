import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { sendDemoTrace } from '../../api/client';
import { useBuildInfo, useRecentTraces } from '../../app/queries';
import { rememberResults } from '../../app/result_list';
import { Button } from '../../components/Button/Button';
import { Icon } from '../../components/Icon/Icon';
import { ErrorMessage, Skeleton } from '../../components/Message/Message';
import { ResultsTable } from '../../components/ResultsTable/ResultsTable';
import { texts } from '../../texts';
import { explorePath, tracePath } from '../../url/codec';
import { ConnectPanel } from './ConnectPanel';
import { FileCard } from './FileCard';
import styles from './HomePage.module.css';

// Recent traces on the start page; Explore shows more.
const kRecentTraces = 8;

function DemoCard({ number }: { number: string | null }) {
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const demo = useMutation({
    mutationFn: sendDemoTrace,
    onSuccess: (answer) => {
      client.invalidateQueries({ queryKey: ['search'] });
      navigate(tracePath(answer.traceId));
    },
  });
  return (
    <section className={styles.card} aria-labelledby="demo-title">
      <h2 id="demo-title" className={styles.cardTitle}>
        {number !== null && <span className={styles.number}>{number}</span>}
        {texts.home.demoTitle}
      </h2>
      <p className={styles.cardText}>{texts.home.demoText}</p>
      <Button
        variant={number === null ? 'secondary' : 'primary'}
        icon="bolt"
        disabled={demo.isPending}
        onClick={() => demo.mutate()}
      >
        {demo.isPending ? texts.home.demoBusy : texts.home.demoButton}
      </Button>
      {demo.isError && <ErrorMessage error={demo.error} />}
    </section>
  );
}

function Version() {
  const info = useBuildInfo();
  return (
    <footer className={styles.footer}>
      {info.data !== undefined && info.data.version !== ''
        ? texts.home.version(info.data.version)
        : texts.product}
      <a href="/licenses.txt">{texts.home.licenses}</a>
    </footer>
  );
}

/** The start page: recent traces if there are any, and the three ways to get traces in. */
export function HomePage() {
  const [now] = useState(() => Date.now());
  const recent = useRecentTraces(kRecentTraces);
  const traces = recent.data;
  useEffect(() => {
    document.title = `${texts.home.title} · ${texts.product}`;
  }, []);
  const isEmpty = traces?.length === 0;
  return (
    <div className={styles.page}>
      {isEmpty ? (
        <header className={styles.welcome}>
          <h1>{texts.home.firstTitle}</h1>
          <p>{texts.home.firstText}</p>
        </header>
      ) : (
        <section className={styles.recent} aria-labelledby="recent-title">
          <header className={styles.sectionHead}>
            <h1 id="recent-title" className={styles.sectionTitle}>
              {texts.home.recent}
            </h1>
            <Link href={explorePath({ range: { kind: 'relative', preset: 'all' } })}>
              {texts.home.recentAll}
              <Icon name="arrowRight" size={14} />
            </Link>
          </header>
          {recent.isError && <ErrorMessage error={recent.error} />}
          {recent.isPending && <Skeleton lines={kRecentTraces} label={texts.common.loading} />}
          {traces !== undefined && (
            <div className={styles.tableCard}>
              <ResultsTable
                label={texts.home.recent}
                traces={traces}
                showMatches={false}
                now={now}
                onOpen={() => rememberResults(traces.map((trace) => trace.traceId))}
              />
            </div>
          )}
        </section>
      )}
      {!isEmpty && <h2 className={styles.sectionTitle}>{texts.home.moreTitle}</h2>}
      <div className={styles.ways}>
        <DemoCard number={isEmpty ? '1' : null} />
        <ConnectPanel number={isEmpty ? '2' : null} />
        <FileCard number={isEmpty ? '3' : null} />
      </div>
      <Version />
    </div>
  );
}
