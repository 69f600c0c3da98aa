import type { ReactNode } from 'react';
import { apiErrorOf } from '../../api/client';
import { texts } from '../../texts';
import { Icon } from '../Icon/Icon';
import styles from './Message.module.css';

/** A failure: what happened, and the words of whoever reported it. */
export function ErrorMessage({ error, children }: { error: unknown; children?: ReactNode }) {
  const failure = apiErrorOf(error);
  const title =
    failure.kind === 'unreachable'
      ? texts.failure.unreachable
      : failure.kind === 'refused'
        ? texts.failure.refused(failure.status)
        : texts.failure.broken;
  return (
    <div role="alert" className={styles.error}>
      <Icon name="alert" />
      <div className={styles.body}>
        <p className={styles.title}>{title}</p>
        <p className={styles.words}>
          {failure.kind === 'unreachable' ? texts.failure.unreachableHint : failure.message}
        </p>
        {children}
      </div>
    </div>
  );
}

/** An empty place with a reason and a way on. */
export function EmptyState({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ReactNode;
}) {
  return (
    <div className={styles.empty}>
      <h2>{title}</h2>
      <p>{text}</p>
      {children !== undefined && <div className={styles.actions}>{children}</div>}
    </div>
  );
}

/** Grey lines where content is about to come; takes the room that the content will take. */
export function Skeleton({ lines, label }: { lines: number; label: string }) {
  return (
    <div className={styles.skeleton} role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all the same.
        <span key={line} className={styles.line} />
      ))}
    </div>
  );
}
