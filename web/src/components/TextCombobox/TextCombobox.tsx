import { Autocomplete } from '@base-ui/react/autocomplete';
import { useId } from 'react';
import styles from './TextCombobox.module.css';

interface TextComboboxProps {
  label: string;
  hideLabel?: boolean;
  value: string;
  suggestions: readonly string[];
  onChange: (value: string) => void;
  placeholder?: string;
  disabled?: boolean;
  mono?: boolean;
  /** Called when the field is entered, to fetch suggestions only when they are wanted. */
  onFocus?: () => void;
}

// Suggestions drawn at once; typing narrows them.
const kShownMax = 100;

/** A text field that suggests values and takes any other text as well. */
export function TextCombobox({
  label,
  hideLabel = false,
  value,
  suggestions,
  onChange,
  placeholder,
  disabled = false,
  mono = false,
  onFocus,
}: TextComboboxProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : styles.label}>
        {label}
      </label>
      <Autocomplete.Root
        items={suggestions}
        value={value}
        onValueChange={onChange}
        openOnInputClick
        limit={kShownMax}
        disabled={disabled}
      >
        <Autocomplete.Input
          id={id}
          className={`${styles.input} ${mono ? styles.mono : ''}`}
          placeholder={placeholder}
          onFocus={onFocus}
          spellCheck={false}
          autoComplete="off"
        />
        <Autocomplete.Portal>
          <Autocomplete.Positioner className={styles.positioner} sideOffset={4}>
            <Autocomplete.Popup
              className={`${styles.popup} ${suggestions.length === 0 ? styles.none : ''}`}
            >
              <Autocomplete.List className={styles.list} aria-label={label}>
                {(item: string) => (
                  <Autocomplete.Item key={item} value={item} className={styles.item}>
                    {item}
                  </Autocomplete.Item>
                )}
              </Autocomplete.List>
            </Autocomplete.Popup>
          </Autocomplete.Positioner>
        </Autocomplete.Portal>
      </Autocomplete.Root>
    </div>
  );
}
