import { type ReactNode, useId, useState } from 'react';
import { useTagNames, useTagValues } from '../../app/queries';
import { Button, IconButton } from '../../components/Button/Button';
import { TextCombobox } from '../../components/TextCombobox/TextCombobox';
import {
  type AttributeCondition,
  isDuration,
  kKinds,
  kOperators,
  kScopes,
  kStatuses,
  type SearchForm,
} from '../../query/form';
import { texts } from '../../texts';
import styles from './ExplorePage.module.css';
import { Select } from './Select';

const t = texts.explore;
const kNoSuggestions: readonly string[] = [];

function DurationField({
  label,
  value,
  disabled,
  onChange,
}: {
  label: string;
  value: string;
  disabled: boolean;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const isInvalid = value !== '' && !isDuration(value);
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <input
        id={id}
        className={styles.input}
        value={value}
        disabled={disabled}
        placeholder={t.durationPlaceholder}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={isInvalid}
        aria-describedby={isInvalid ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value.trim())}
      />
      {isInvalid && (
        <span id={`${id}-hint`} className={styles.hint}>
          {t.durationInvalid}
        </span>
      )}
    </div>
  );
}

/** The identifier that the values of an attribute are asked by. */
function identifierOf(condition: AttributeCondition): string {
  return condition.scope === 'any' ? `.${condition.key}` : `${condition.scope}.${condition.key}`;
}

function AttributeRow({
  condition,
  disabled,
  onChange,
  onRemove,
}: {
  condition: AttributeCondition;
  disabled: boolean;
  onChange: (condition: AttributeCondition) => void;
  onRemove: () => void;
}) {
  const [wantsNames, setWantsNames] = useState(false);
  const [wantsValues, setWantsValues] = useState(false);
  const names = useTagNames(wantsNames);
  const values = useTagValues(identifierOf(condition), wantsValues && condition.key !== '');
  const scopeNames = (names.data ?? [])
    .filter(({ scope }) =>
      condition.scope === 'any'
        ? scope === 'span' || scope === 'resource'
        : scope === condition.scope,
    )
    .flatMap(({ tags }) => tags);
  return (
    <fieldset className={styles.attribute} aria-label={t.attribute}>
      <Select
        label={t.attributeScope}
        hideLabel
        value={condition.scope}
        disabled={disabled}
        onChange={(value) => {
          const scope = kScopes.find((candidate) => candidate === value);
          onChange({ ...condition, scope: scope ?? 'any' });
        }}
        options={kScopes.map((scope) => ({ value: scope, label: t.scopes[scope] }))}
      />
      <TextCombobox
        label={t.attributeKey}
        hideLabel
        mono
        value={condition.key}
        disabled={disabled}
        placeholder={t.attributeKeyPlaceholder}
        suggestions={[...new Set(scopeNames)].sort()}
        onFocus={() => setWantsNames(true)}
        onChange={(key) => onChange({ ...condition, key })}
      />
      <Select
        label={t.attributeOperator}
        hideLabel
        value={condition.operator}
        disabled={disabled}
        onChange={(value) => {
          const operator = kOperators.find((candidate) => candidate === value);
          onChange({ ...condition, operator: operator ?? '=' });
        }}
        options={kOperators.map((operator) => ({ value: operator, label: operator }))}
      />
      <TextCombobox
        label={t.attributeValue}
        hideLabel
        mono
        value={condition.value}
        disabled={disabled}
        placeholder={t.attributeValuePlaceholder}
        suggestions={values.data ?? kNoSuggestions}
        onFocus={() => setWantsValues(true)}
        onChange={(value) => onChange({ ...condition, value })}
      />
      <IconButton icon="close" label={t.attributeRemove} disabled={disabled} onClick={onRemove} />
    </fieldset>
  );
}

/** The form side of a search. */
export function SearchFields({
  form,
  disabled,
  onChange,
  children,
}: {
  form: SearchForm;
  disabled: boolean;
  onChange: (form: SearchForm) => void;
  children?: ReactNode;
}) {
  const [wantsServices, setWantsServices] = useState(false);
  const [wantsNames, setWantsNames] = useState(false);
  const services = useTagValues('resource.service.name', wantsServices);
  const names = useTagValues('name', wantsNames);
  const changeAttribute = (index: number, condition: AttributeCondition) => {
    onChange({
      ...form,
      attributes: form.attributes.map((old, at) => (at === index ? condition : old)),
    });
  };
  return (
    <>
      <div className={styles.fields}>
        <TextCombobox
          label={t.service}
          value={form.service}
          disabled={disabled}
          placeholder={t.anyService}
          suggestions={services.data ?? kNoSuggestions}
          onFocus={() => setWantsServices(true)}
          onChange={(service) => onChange({ ...form, service })}
        />
        <TextCombobox
          label={t.name}
          value={form.name}
          disabled={disabled}
          placeholder={t.anyName}
          suggestions={names.data ?? kNoSuggestions}
          onFocus={() => setWantsNames(true)}
          onChange={(name) => onChange({ ...form, name })}
        />
        <Select
          label={t.status}
          value={form.status}
          disabled={disabled}
          onChange={(value) =>
            onChange({ ...form, status: kStatuses.find((status) => status === value) ?? '' })
          }
          options={[
            { value: '', label: t.any },
            ...kStatuses.map((status) => ({ value: status, label: texts.span.statuses[status] })),
          ]}
        />
        <Select
          label={t.kind}
          value={form.kind}
          disabled={disabled}
          onChange={(value) =>
            onChange({ ...form, kind: kKinds.find((kind) => kind === value) ?? '' })
          }
          options={[
            { value: '', label: t.any },
            ...kKinds.map((kind) => ({ value: kind, label: texts.span.kinds[kind] })),
          ]}
        />
        <DurationField
          label={t.minDuration}
          value={form.minDuration}
          disabled={disabled}
          onChange={(minDuration) => onChange({ ...form, minDuration })}
        />
        <DurationField
          label={t.maxDuration}
          value={form.maxDuration}
          disabled={disabled}
          onChange={(maxDuration) => onChange({ ...form, maxDuration })}
        />
      </div>
      {form.attributes.map((condition, index) => (
        <AttributeRow
          // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity than their place.
          key={index}
          condition={condition}
          disabled={disabled}
          onChange={(next) => changeAttribute(index, next)}
          onRemove={() =>
            onChange({ ...form, attributes: form.attributes.filter((_, at) => at !== index) })
          }
        />
      ))}
      <div className={styles.fieldActions}>
        <Button
          variant="quiet"
          icon="plus"
          disabled={disabled}
          onClick={() =>
            onChange({
              ...form,
              attributes: [...form.attributes, { scope: 'any', key: '', operator: '=', value: '' }],
            })
          }
        >
          {t.attributeAdd}
        </Button>
        {children}
      </div>
    </>
  );
}
