import styles from './ExplorePage.module.css';

interface SelectProps {
  label: string;
  hideLabel?: boolean;
  value: string;
  options: readonly { readonly value: string; readonly label: string }[];
  onChange: (value: string) => void;
  disabled?: boolean;
}

/** The browser's own choice list, with a label. */
export function Select({
  label,
  hideLabel = false,
  value,
  options,
  onChange,
  disabled = false,
}: SelectProps) {
  return (
    <label className={styles.field}>
      <span className={hideLabel ? 'visually-hidden' : styles.label}>{label}</span>
      <select
        className={styles.select}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
