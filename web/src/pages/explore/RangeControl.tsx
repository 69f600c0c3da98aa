import { useState } from 'react';
import { fromLocalInput, toLocalInput } from '../../model/format';
import { texts } from '../../texts';
import { kDefaultRange, kRangePresets, resolveRange, type TimeRange } from '../../url/codec';
import styles from './ExplorePage.module.css';
import { Select } from './Select';

/** Presets, and two fields for a range of one's own. */
export function RangeControl({
  range,
  onChange,
}: {
  range: TimeRange;
  onChange: (range: TimeRange) => void;
}) {
  const [isInvalid, setInvalid] = useState(false);
  const choose = (value: string) => {
    setInvalid(false);
    const preset = kRangePresets.find((candidate) => candidate === value);
    if (preset !== undefined) {
      onChange({ kind: 'relative', preset });
    } else {
      // Begin with what was shown; from "any time" with the default.
      const now = Date.now();
      const { start, end } = resolveRange(range, now) ??
        resolveRange(kDefaultRange, now) ?? { start: 0, end: 1 };
      onChange({ kind: 'absolute', from: start, to: end });
    }
  };
  const change = (side: 'from' | 'to', text: string) => {
    const value = fromLocalInput(text);
    if (range.kind !== 'absolute' || value === null) {
      return;
    }
    const next = { ...range, [side]: value };
    setInvalid(next.from >= next.to);
    if (next.from < next.to) {
      onChange(next);
    }
  };
  return (
    <>
      <Select
        label={texts.explore.range}
        value={range.kind === 'relative' ? range.preset : 'absolute'}
        onChange={choose}
        options={[
          ...kRangePresets.map((preset) => ({
            value: preset,
            label: texts.explore.ranges[preset],
          })),
          { value: 'absolute', label: texts.explore.absolute },
        ]}
      />
      {range.kind === 'absolute' &&
        (['from', 'to'] as const).map((side) => (
          <label key={`${side}-${range[side]}`} className={styles.field}>
            <span className={styles.label}>{texts.explore[side]}</span>
            <input
              type="datetime-local"
              step="1"
              className={styles.input}
              defaultValue={toLocalInput(range[side])}
              aria-invalid={isInvalid}
              onBlur={(event) => change(side, event.target.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter') {
                  change(side, event.currentTarget.value);
                }
              }}
            />
          </label>
        ))}
      {isInvalid && (
        <p role="alert" className={styles.invalid}>
          {texts.explore.rangeInvalid}
        </p>
      )}
    </>
  );
}
