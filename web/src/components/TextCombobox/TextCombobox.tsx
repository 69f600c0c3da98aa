import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
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

/** Suggestions that hold the typed text; those that begin with it come first. */
export function matchSuggestions(suggestions: readonly string[], typed: string): string[] {
  const wanted = typed.toLowerCase();
  const starts: string[] = [];
  const holds: string[] = [];
  for (const suggestion of suggestions) {
    const at = suggestion.toLowerCase().indexOf(wanted);
    if (at === 0) {
      starts.push(suggestion);
    } else if (at > 0) {
      holds.push(suggestion);
    }
  }
  return [...starts, ...holds].slice(0, kShownMax);
}

/**
 * A text field that suggests values and takes any other text as well: the combobox pattern with a
 * list box. The library's own combobox hides the rest of the page from assistive technology while
 * the list is open, and leaves it in the tab order; that is a serious finding of axe-core.
 */
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
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const list = useRef<HTMLDivElement>(null);
  // A value that is one of the suggestions was chosen: offer all of them again.
  const shown = useMemo(
    () => matchSuggestions(suggestions, suggestions.includes(value) ? '' : value),
    [suggestions, value],
  );
  const isShown = isOpen && shown.length > 0 && !disabled;
  const activeIndex = active < shown.length ? active : -1;

  useEffect(() => {
    if (activeIndex >= 0) {
      list.current?.children[activeIndex]?.scrollIntoView({ block: 'nearest' });
    }
  }, [activeIndex]);

  const choose = (text: string) => {
    onChange(text);
    setOpen(false);
    setActive(-1);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!isShown) {
        setOpen(true);
        return;
      }
      const step = event.key === 'ArrowDown' ? 1 : -1;
      const count = shown.length + 1;
      // Going past either end comes back to the field itself.
      setActive(((activeIndex + 1 + step + count) % count) - 1);
    } else if (event.key === 'Enter' && isShown && activeIndex >= 0) {
      event.preventDefault();
      choose(shown[activeIndex]);
    } else if (event.key === 'Escape' && isShown) {
      event.preventDefault();
      setOpen(false);
      setActive(-1);
    }
  };
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : styles.label}>
        {label}
      </label>
      <input
        id={id}
        role="combobox"
        className={`${styles.input} ${mono ? styles.mono : ''}`}
        value={value}
        disabled={disabled}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        aria-autocomplete="list"
        aria-expanded={isShown}
        aria-controls={isShown ? `${id}-list` : undefined}
        aria-activedescendant={isShown && activeIndex >= 0 ? `${id}-${activeIndex}` : undefined}
        onFocus={onFocus}
        onClick={() => setOpen(true)}
        onBlur={() => {
          setOpen(false);
          setActive(-1);
        }}
        onChange={(event) => {
          setOpen(true);
          setActive(-1);
          onChange(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      {isShown && (
        <div ref={list} id={`${id}-list`} role="listbox" aria-label={label} className={styles.list}>
          {shown.map((text, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys of the whole list.
            <div
              key={text}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={text === value}
              data-active={index === activeIndex}
              className={styles.item}
              // The press must not take the focus from the field.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(text)}
            >
              {text}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
