import { Fragment, useState } from 'react';
import { Link } from 'wouter';
import { formatCount, formatValue } from '../../model/format';
import type { Attribute, AttributeValue } from '../../model/otlp';
import { type AttributeScope, printCondition } from '../../query/form';
import { texts } from '../../texts';
import { explorePath } from '../../url/codec';
import { CopyButton } from '../CopyButton/CopyButton';
import { Icon } from '../Icon/Icon';
import styles from './SpanDetails.module.css';

// Longer values are folded.
const kValueShownMax = 280;

function ValueText({ value }: { value: AttributeValue }) {
  const [isOpen, setOpen] = useState(false);
  const text = formatValue(value);
  if (value.kind === 'empty' || text === '') {
    return (
      <em className={styles.faint}>
        {value.kind === 'empty' ? texts.span.emptyValue : texts.span.emptyText}
      </em>
    );
  }
  const isLong = text.length > kValueShownMax;
  return (
    <>
      <span className={styles.value} data-kind={value.kind}>
        {isLong && !isOpen ? `${text.slice(0, kValueShownMax)}…` : text}
      </span>
      {isLong && (
        <button type="button" className={styles.more} onClick={() => setOpen(!isOpen)}>
          {isOpen ? texts.span.showLess : texts.span.showAll(formatCount(text.length))}
        </button>
      )}
    </>
  );
}

/** A dotted name that may be broken after its dots, rather than within a word. */
function Breakable({ text }: { text: string }) {
  return text.split(/(?<=[._/-])/).map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place.
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

/** The search for traces with this attribute, or null for values that TraceQL cannot name. */
export function attributeQuery(scope: AttributeScope, attribute: Attribute): string | null {
  const { key, value } = attribute;
  if (key === '' || value.kind === 'array' || value.kind === 'map' || value.kind === 'bytes') {
    return null;
  }
  if (value.kind === 'empty' || (value.kind === 'double' && !Number.isFinite(value.number))) {
    return null;
  }
  const text = formatValue(value);
  const typed = value.kind === 'string' ? JSON.stringify(text) : text;
  return `{ ${printCondition({ scope, key, operator: '=', value: typed })} }`;
}

interface AttributeListProps {
  attributes: readonly Attribute[];
  scope: AttributeScope;
  dropped: number;
}

/** Attributes with their types; each can be copied, and searched for where TraceQL can. */
export function AttributeList({ attributes, scope, dropped }: AttributeListProps) {
  return (
    <>
      {attributes.length > 0 && (
        <dl className={styles.list}>
          {attributes.map((attribute, index) => {
            const query = attributeQuery(scope, attribute);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a sender may repeat a key.
              <div key={`${index}-${attribute.key}`} className={styles.row}>
                <dt title={texts.span.types[attribute.value.kind]}>
                  <Breakable text={attribute.key} />
                </dt>
                <dd>
                  <ValueText value={attribute.value} />
                  {attribute.value.kind !== 'string' && (
                    <span className={styles.type}>{texts.span.types[attribute.value.kind]}</span>
                  )}
                </dd>
                <dd className={styles.tools}>
                  {query !== null && (
                    <Link
                      href={explorePath({ query })}
                      className={styles.tool}
                      aria-label={texts.span.searchValue(attribute.key)}
                      title={texts.span.searchValue(attribute.key)}
                    >
                      <Icon name="search" size={14} />
                    </Link>
                  )}
                  <CopyButton
                    text={() => formatValue(attribute.value)}
                    label={texts.span.copyValue(attribute.key)}
                  />
                </dd>
              </div>
            );
          })}
        </dl>
      )}
      {dropped > 0 && (
        <p className={styles.dropped}>
          {texts.span.droppedAttributes(formatCount(dropped), dropped === 1)}
        </p>
      )}
      {attributes.length === 0 && dropped === 0 && (
        <p className={styles.faint}>{texts.span.none}</p>
      )}
    </>
  );
}
