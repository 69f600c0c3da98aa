import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { importFile } from '../../api/client';
import { closeLocalFile, type OpenFile, openLocalFile, useLocalFile } from '../../app/local_traces';
import { Button } from '../../components/Button/Button';
import { Icon } from '../../components/Icon/Icon';
import { ErrorMessage } from '../../components/Message/Message';
import { decodeFile } from '../../model/decode_otlp';
import { formatBytes, formatCount } from '../../model/format';
import type { Span } from '../../model/otlp';
import { groupByTrace } from '../../model/trace';
import { countSpans, countTraces, texts } from '../../texts';
import { tracePath } from '../../url/codec';
import styles from './HomePage.module.css';

// Larger files would need more memory than a browser gives one page: the decoded spans take about
// five times the file.
const kFileBytesMax = 256 * 1024 * 1024;
// Traces of a file that are listed; the others are counted.
const kTracesShown = 8;

async function readFile(file: File): Promise<void> {
  if (file.size > kFileBytesMax) {
    throw new Error(texts.home.fileTooLarge(formatBytes(file.size), formatBytes(kFileBytesMax)));
  }
  const spans = decodeFile(await file.text());
  const traces = groupByTrace(spans);
  if (traces.size === 0) {
    throw new Error(texts.home.fileNoSpans);
  }
  openLocalFile({ file, spanCount: spans.length, traces });
}

/** The name of a trace: that of its root, or of its first span. */
function nameOf(spans: readonly Span[]): string {
  return (spans.find((span) => span.parentSpanId === '') ?? spans[0]).name || texts.common.noName;
}

function Kept({ file }: { file: OpenFile }) {
  const client = useQueryClient();
  const keep = useMutation({
    mutationFn: () => importFile(file.file),
    onSuccess: () => client.invalidateQueries({ queryKey: ['search'] }),
  });
  if (keep.data !== undefined) {
    const { acceptedSpans, rejectedSpans, errorMessage, traceIds } = keep.data;
    return (
      <div role="status" className={styles.kept}>
        <p>{texts.home.fileKept(countSpans(acceptedSpans))}</p>
        {rejectedSpans > 0 && (
          <p className={styles.rejected}>
            {texts.home.fileRejected(countSpans(rejectedSpans), errorMessage)}
          </p>
        )}
        {traceIds.length > 0 && <Link href={tracePath(traceIds[0])}>{texts.common.openTrace}</Link>}
      </div>
    );
  }
  return (
    <>
      <Button disabled={keep.isPending} onClick={() => keep.mutate()}>
        {keep.isPending ? texts.home.fileKeeping : texts.home.fileKeep}
      </Button>
      {keep.isError && <ErrorMessage error={keep.error} />}
    </>
  );
}

/** Opens a file of OTLP JSON in the browser; keeping it in Vivace is a second, separate step. */
export function FileCard({ number }: { number: string | null }) {
  const input = useRef<HTMLInputElement>(null);
  const [isDragged, setDragged] = useState(false);
  const open = useMutation({ mutationFn: readFile });
  const openFile = open.mutate;

  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const onOver = (event: DragEvent) => {
      if (hasFiles(event)) {
        event.preventDefault();
        setDragged(true);
      }
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) {
        setDragged(false);
      }
    };
    const onDrop = (event: DragEvent) => {
      setDragged(false);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) {
        event.preventDefault();
        openFile(file);
      }
    };
    window.addEventListener('dragover', onOver);
    window.addEventListener('dragleave', onLeave);
    window.addEventListener('drop', onDrop);
    return () => {
      window.removeEventListener('dragover', onOver);
      window.removeEventListener('dragleave', onLeave);
      window.removeEventListener('drop', onDrop);
    };
  }, [openFile]);

  const close = () => {
    closeLocalFile();
    open.reset();
    if (input.current !== null) {
      input.current.value = '';
    }
  };
  const opened = useLocalFile();
  return (
    <section className={styles.card} aria-labelledby="file-title">
      <h2 id="file-title" className={styles.cardTitle}>
        {number !== null && <span className={styles.number}>{number}</span>}
        {texts.home.fileTitle}
      </h2>
      <p className={styles.cardText}>{texts.home.fileText}</p>
      <input
        ref={input}
        type="file"
        accept=".json,.jsonl,.ndjson,application/json"
        className="visually-hidden"
        aria-label={texts.home.fileButton}
        tabIndex={-1}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file !== undefined) {
            openFile(file);
          }
        }}
      />
      {opened === null ? (
        <Button icon="file" disabled={open.isPending} onClick={() => input.current?.click()}>
          {open.isPending
            ? texts.home.fileReading(open.variables?.name ?? '')
            : texts.home.fileButton}
        </Button>
      ) : (
        <div className={styles.opened}>
          <p className={styles.openedHead}>
            <strong>{opened.file.name}</strong>
            <span>
              {countTraces(opened.traces.size)}, {countSpans(opened.spanCount)}.{' '}
              {texts.home.fileLocal}.
            </span>
          </p>
          <ul className={styles.openedList}>
            {[...opened.traces].slice(0, kTracesShown).map(([id, spans]) => (
              <li key={id}>
                <Link href={`/local/${id}`}>{nameOf(spans)}</Link>
                <span>{countSpans(spans.length)}</span>
              </li>
            ))}
          </ul>
          {opened.traces.size > kTracesShown && (
            <p className={styles.cardText}>
              {texts.home.fileMoreTraces(formatCount(opened.traces.size - kTracesShown))}
            </p>
          )}
          <div className={styles.actions}>
            <Kept key={opened.file.name + opened.file.lastModified} file={opened} />
            <Button variant="quiet" onClick={close}>
              {texts.home.fileClose}
            </Button>
          </div>
        </div>
      )}
      {open.isError && <FileError error={open.error} />}
      {isDragged && (
        <div className={styles.drop}>
          <span>
            <Icon name="file" size={20} />
            {texts.home.fileDrop}
          </span>
        </div>
      )}
    </section>
  );
}

function FileError({ error }: { error: Error }) {
  return (
    <p role="alert" className={styles.fileError}>
      <Icon name="alert" size={14} />
      {error.message}
    </p>
  );
}
