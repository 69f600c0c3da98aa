import { cleanup, fireEvent, render } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { kShortcuts, setSingleLetters, useShortcuts } from './shortcuts';

function Bound({ handlers }: { handlers: Parameters<typeof useShortcuts>[0] }) {
  useShortcuts(handlers);
  return (
    <>
      <input aria-label="field" />
      <button type="button">button</button>
    </>
  );
}

describe('shortcuts', () => {
  afterEach(() => {
    cleanup();
    setSingleLetters(true);
  });

  it('run their handler', () => {
    const next = vi.fn();
    render(<Bound handlers={{ next }} />);
    fireEvent.keyDown(document.body, { key: 'j' });
    fireEvent.keyDown(document.body, { key: 'ArrowDown' });
    expect(next).toHaveBeenCalledTimes(2);
  });

  it('take two keys one after the other, but not any two', () => {
    const goHome = vi.fn();
    render(<Bound handlers={{ goHome }} />);
    fireEvent.keyDown(document.body, { key: 'h' });
    expect(goHome).not.toHaveBeenCalled();
    fireEvent.keyDown(document.body, { key: 'g' });
    fireEvent.keyDown(document.body, { key: 'h' });
    expect(goHome).toHaveBeenCalledTimes(1);
  });

  it('never act while a field has the focus, except with Ctrl', () => {
    const theme = vi.fn();
    const run = vi.fn();
    const { getByLabelText } = render(<Bound handlers={{ theme, run }} />);
    fireEvent.keyDown(getByLabelText('field'), { key: 't' });
    fireEvent.keyDown(getByLabelText('field'), { key: 'Enter', ctrlKey: true });
    expect(theme).not.toHaveBeenCalled();
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('leave Enter and arrows to a focused button', () => {
    const open = vi.fn();
    const { getByText } = render(<Bound handlers={{ open }} />);
    fireEvent.keyDown(getByText('button'), { key: 'Enter' });
    expect(open).not.toHaveBeenCalled();
  });

  it('leave the browser’s own combinations alone', () => {
    const theme = vi.fn();
    render(<Bound handlers={{ theme }} />);
    fireEvent.keyDown(document.body, { key: 't', ctrlKey: true });
    fireEvent.keyDown(document.body, { key: 't', altKey: true });
    expect(theme).not.toHaveBeenCalled();
  });

  it('of a single letter can be switched off; arrows stay', () => {
    const next = vi.fn();
    render(<Bound handlers={{ next }} />);
    setSingleLetters(false);
    fireEvent.keyDown(document.body, { key: 'j' });
    expect(next).not.toHaveBeenCalled();
    fireEvent.keyDown(document.body, { key: 'ArrowDown' });
    expect(next).toHaveBeenCalledTimes(1);
  });

  it('have no key twice in one place', () => {
    for (const group of ['explore', 'trace'] as const) {
      const keys = Object.values(kShortcuts)
        .filter((shortcut) => shortcut.group === group || shortcut.group === 'everywhere')
        .flatMap((shortcut) => shortcut.keys.map((sequence) => sequence.join(' ')));
      expect(new Set(keys).size).toBe(keys.length);
    }
  });
});
