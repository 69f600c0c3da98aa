import { Tabs } from '@base-ui/react/tabs';
import { useRef } from 'react';
import { Link } from 'wouter';
import { useFirstData } from '../../app/queries';
import { CodeBlock } from '../../components/CodeBlock/CodeBlock';
import { Icon } from '../../components/Icon/Icon';
import {
  type FirstData,
  type FirstDataState,
  firstDataBaseline,
  firstDataState,
  reachableAddress,
} from '../../model/first_data';
import { countSpans, texts } from '../../texts';
import { tracePath } from '../../url/codec';
import styles from './HomePage.module.css';
import { recipes, type Snippet } from './snippets';

// Where the listeners are by default; shown until the server has said where they really are.
const kDefaultHttp = '127.0.0.1:4318';
const kDefaultGrpc = '127.0.0.1:4317';

const kSnippetLabels: Readonly<Record<Snippet['label'], string>> = {
  environment: texts.home.connectEnvironment,
  run: texts.home.connectRun,
  send: texts.home.connectSend,
  configure: texts.home.connectConfigure,
};

function liveText(state: FirstDataState, http: string, grpc: string): string {
  const live = texts.home.live;
  switch (state.kind) {
    case 'waiting':
      return live.waiting(http, grpc);
    case 'connected':
      return live.connected;
    case 'bytes':
      return live.bytes;
    case 'refused':
      return live.refused(live.transports[state.transport] ?? state.transport, state.reason);
    case 'arrived':
      return live.arrived(countSpans(state.spans));
  }
}

function LiveLine({
  state,
  isLost,
  http,
  grpc,
}: {
  state: FirstDataState | null;
  isLost: boolean;
  http: string;
  grpc: string;
}) {
  const kind = isLost ? 'lost' : (state?.kind ?? 'checking');
  return (
    <div className={styles.live} data-state={kind}>
      <span className={styles.dot} aria-hidden="true" />
      <p role="status">
        {isLost
          ? texts.home.live.lost
          : state === null
            ? texts.home.live.checking
            : liveText(state, http, grpc)}
      </p>
      {!isLost && state?.kind === 'arrived' && state.traceId !== null && (
        <Link href={tracePath(state.traceId)} className={styles.liveLink}>
          {texts.home.live.open}
          <Icon name="arrowRight" size={14} />
        </Link>
      )}
    </div>
  );
}

/** How to point an application here, and a line that says what has come from it so far. */
export function ConnectPanel({ number }: { number: string | null }) {
  const query = useFirstData();
  const before = useRef<FirstData | null>(null);
  if (before.current === null && query.data !== undefined) {
    before.current = firstDataBaseline(query.data);
  }
  const host = window.location.hostname;
  const http = reachableAddress(query.data?.otlpHttp || kDefaultHttp, host);
  const grpc = reachableAddress(query.data?.otlpGrpc || kDefaultGrpc, host);
  const state =
    query.data !== undefined && before.current !== null
      ? firstDataState(before.current, query.data)
      : null;
  const list = recipes(http, grpc);
  return (
    <section className={`${styles.card} ${styles.connect}`} aria-labelledby="connect-title">
      <h2 id="connect-title" className={styles.cardTitle}>
        {number !== null && <span className={styles.number}>{number}</span>}
        {texts.home.connectTitle}
      </h2>
      <p className={styles.cardText}>{texts.home.connectText}</p>
      <Tabs.Root defaultValue={list[0].id}>
        <Tabs.List className={styles.tabs} aria-label={texts.home.connectTabs}>
          {list.map((recipe) => (
            <Tabs.Tab key={recipe.id} value={recipe.id} className={styles.tab}>
              {recipe.name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {list.map((recipe) => (
          <Tabs.Panel key={recipe.id} value={recipe.id} className={styles.panel}>
            {recipe.snippets.map((snippet) => (
              <CodeBlock
                key={snippet.label}
                code={snippet.code}
                label={kSnippetLabels[snippet.label]}
              />
            ))}
          </Tabs.Panel>
        ))}
      </Tabs.Root>
      <LiveLine state={state} isLost={query.isError} http={http} grpc={grpc} />
    </section>
  );
}
