import { type ReactNode, useId } from 'react';
import { Link } from 'wouter';
import { encodeDocument } from '../../model/encode_otlp';
import { formatCount, formatDuration, formatExactTime } from '../../model/format';
import type { Span, SpanEvent, SpanLink } from '../../model/otlp';
import { distance } from '../../model/time';
import {
  kFlagBeforeParent,
  kFlagMissingParent,
  kFlagNegativeDuration,
  kFlagParentCycle,
  type Trace,
} from '../../model/trace';
import { texts } from '../../texts';
import { tracePath } from '../../url/codec';
import { Button, IconButton } from '../Button/Button';
import { CopyButton } from '../CopyButton/CopyButton';
import { Icon } from '../Icon/Icon';
import { ServiceBadge } from '../ServiceBadge/ServiceBadge';
import { AttributeList } from './AttributeList';
import styles from './SpanDetails.module.css';

const t = texts.span;

function Section({
  title,
  count,
  children,
}: {
  title: string;
  count?: number;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <h3 id={id} className={styles.sectionTitle}>
        {title}
        {count !== undefined && <span className={styles.count}>{formatCount(count)}</span>}
      </h3>
      {children}
    </section>
  );
}

function Field({ name, value, copy = false }: { name: string; value: string; copy?: boolean }) {
  return (
    <div className={styles.row}>
      <dt>{name}</dt>
      <dd>
        <span className={styles.value}>{value}</span>
      </dd>
      <dd className={styles.tools}>
        {copy && <CopyButton text={value} label={t.copyValue(name)} />}
      </dd>
    </div>
  );
}

// Bits of the flags field that OTLP defines.
const kFlagSampled = 0x1;
const kFlagHasIsRemote = 0x100;
const kFlagIsRemote = 0x200;

/** The flags field in hex and in words. */
export function flagsText(flags: number): string {
  const words: string[] = [(flags & kFlagSampled) !== 0 ? t.sampled : t.notSampled];
  if ((flags & kFlagHasIsRemote) !== 0) {
    words.push((flags & kFlagIsRemote) !== 0 ? t.remoteParent : t.localParent);
  }
  return `0x${flags.toString(16).padStart(8, '0')} (${words.join(', ')})`;
}

function Warnings({ flags }: { flags: number }) {
  const list: string[] = [];
  if ((flags & kFlagMissingParent) !== 0) {
    list.push(t.missingParent);
  }
  if ((flags & kFlagParentCycle) !== 0) {
    list.push(t.parentCycle);
  }
  if ((flags & kFlagBeforeParent) !== 0) {
    list.push(t.beforeParent);
  }
  if ((flags & kFlagNegativeDuration) !== 0) {
    list.push(t.negativeDuration);
  }
  return list.length === 0 ? null : (
    <ul className={styles.warnings}>
      {list.map((text) => (
        <li key={text}>
          <Icon name="alert" size={14} />
          {text}
        </li>
      ))}
    </ul>
  );
}

function EventItem({ event, span }: { event: SpanEvent; span: Span }) {
  return (
    <li className={styles.item}>
      <p className={styles.itemHead}>
        <strong>{event.name === '' ? t.unnamedEvent : event.name}</strong>
        <span className={styles.faint} title={formatExactTime(event.time)}>
          +{formatDuration(distance(span.start, event.time))}
        </span>
      </p>
      <AttributeList
        attributes={event.attributes}
        scope="event"
        dropped={event.droppedAttributesCount}
      />
    </li>
  );
}

function LinkItem({ link }: { link: SpanLink }) {
  return (
    <li className={styles.item}>
      <p className={styles.itemHead}>
        <Link href={tracePath(link.traceId, { span: link.spanId })}>{t.linkTo(link.spanId)}</Link>
      </p>
      <dl className={styles.list}>
        <Field name={texts.trace.traceId} value={link.traceId} copy />
        <Field name={t.spanId} value={link.spanId} copy />
        {link.traceState !== '' && <Field name={t.traceState} value={link.traceState} copy />}
        {link.flags !== 0 && <Field name={t.flags} value={flagsText(link.flags)} />}
      </dl>
      {(link.attributes.length > 0 || link.droppedAttributesCount > 0) && (
        <AttributeList
          attributes={link.attributes}
          scope="link"
          dropped={link.droppedAttributesCount}
        />
      )}
    </li>
  );
}

interface SpanDetailsProps {
  trace: Trace;
  index: number;
  serviceColours: readonly number[];
  /** A link to this span, or null where there is none to share. */
  link: string | null;
  onClose: () => void;
  onZoom: () => void;
}

/** Every field of one span, its events and links, its resource and its scope. */
export function SpanDetails({
  trace,
  index,
  serviceColours,
  link,
  onClose,
  onZoom,
}: SpanDetailsProps) {
  const span = trace.spans[index];
  const service = trace.service[index];
  const { resource, scope } = span;
  return (
    <aside className={styles.panel} aria-label={t.details} data-testid="span-details">
      <header className={styles.head}>
        <div className={styles.titleRow}>
          <h2 className={styles.title}>{span.name === '' ? texts.common.noName : span.name}</h2>
          <IconButton icon="close" label={t.closeDetails} onClick={onClose} />
        </div>
        <p className={styles.summary}>
          <ServiceBadge name={trace.services[service]} colour={serviceColours[service]} />
          <span>{t.kinds[span.kind]}</span>
          <span className={styles.status} data-status={span.statusCode}>
            {span.statusCode === 'error' && <Icon name="alert" size={13} />}
            {t.statuses[span.statusCode]}
          </span>
          <strong>{formatDuration(trace.spanDuration[index])}</strong>
        </p>
        {span.statusMessage !== '' && (
          <p className={styles.statusMessage} data-status={span.statusCode}>
            {span.statusMessage}
          </p>
        )}
        <Warnings flags={trace.flags[index]} />
        <div className={styles.actions}>
          <Button variant="quiet" icon="zoomFit" onClick={onZoom}>
            {t.zoomTo}
          </Button>
          {link !== null && <CopyButton showLabel icon="link" text={link} label={t.copyLink} />}
          <CopyButton
            showLabel
            text={() => JSON.stringify(encodeDocument([span]), null, 2)}
            label={t.copyJson}
          />
        </div>
      </header>
      <div className={styles.body}>
        <Section title={t.attributes} count={span.attributes.length}>
          <AttributeList
            attributes={span.attributes}
            scope="span"
            dropped={span.droppedAttributesCount}
          />
        </Section>
        {(span.events.length > 0 || span.droppedEventsCount > 0) && (
          <Section title={t.events} count={span.events.length}>
            <ol>
              {span.events.map((event, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: events have no identity but their place.
                <EventItem key={at} event={event} span={span} />
              ))}
            </ol>
            {span.droppedEventsCount > 0 && (
              <p className={styles.dropped}>
                {t.droppedEvents(
                  formatCount(span.droppedEventsCount),
                  span.droppedEventsCount === 1,
                )}
              </p>
            )}
          </Section>
        )}
        {(span.links.length > 0 || span.droppedLinksCount > 0) && (
          <Section title={t.links} count={span.links.length}>
            <ol>
              {span.links.map((item, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a sender may repeat a link.
                <LinkItem key={at} link={item} />
              ))}
            </ol>
            {span.droppedLinksCount > 0 && (
              <p className={styles.dropped}>
                {t.droppedLinks(formatCount(span.droppedLinksCount), span.droppedLinksCount === 1)}
              </p>
            )}
          </Section>
        )}
        <Section title={t.resource} count={resource.attributes.length}>
          <AttributeList
            attributes={resource.attributes}
            scope="resource"
            dropped={resource.droppedAttributesCount}
          />
          {resource.schemaUrl !== '' && (
            <dl className={styles.list}>
              <Field name={t.schemaUrl} value={resource.schemaUrl} copy />
            </dl>
          )}
        </Section>
        <Section title={t.scope}>
          <dl className={styles.list}>
            <Field name={t.name} value={scope.name === '' ? t.none : scope.name} />
            {scope.version !== '' && <Field name={t.version} value={scope.version} />}
            {scope.schemaUrl !== '' && <Field name={t.schemaUrl} value={scope.schemaUrl} copy />}
          </dl>
          {(scope.attributes.length > 0 || scope.droppedAttributesCount > 0) && (
            <AttributeList
              attributes={scope.attributes}
              scope="instrumentation"
              dropped={scope.droppedAttributesCount}
            />
          )}
        </Section>
        <Section title={t.fields}>
          <dl className={styles.list}>
            <Field name={t.spanId} value={span.spanId} copy />
            <Field
              name={t.parentSpanId}
              value={span.parentSpanId === '' ? t.none : span.parentSpanId}
              copy={span.parentSpanId !== ''}
            />
            <Field
              name={t.start}
              value={`${formatExactTime(span.start)} (+${formatDuration(trace.spanStart[index])})`}
            />
            <Field name={t.end} value={formatExactTime(span.end)} />
            <Field name={t.kind} value={t.kinds[span.kind]} />
            <Field name={t.status} value={t.statuses[span.statusCode]} />
            <Field name={t.flags} value={flagsText(span.flags)} />
            {span.traceState !== '' && <Field name={t.traceState} value={span.traceState} copy />}
          </dl>
        </Section>
      </div>
    </aside>
  );
}
