import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { matchSuggestions, TextCombobox } from './TextCombobox';

const kFruits = ['apple', 'pear', 'pineapple'];

function Field() {
  const [value, setValue] = useState('');
  return <TextCombobox label="Fruit" value={value} suggestions={kFruits} onChange={setValue} />;
}

const field = () => screen.getByRole<HTMLInputElement>('combobox', { name: 'Fruit' });
const options = () => screen.queryAllByRole('option').map((option) => option.textContent);

describe('TextCombobox', () => {
  afterEach(cleanup);

  it('offers everything on a click and chooses by click', () => {
    render(<Field />);
    expect(options()).toEqual([]);
    fireEvent.click(field());
    expect(options()).toEqual(kFruits);
    fireEvent.click(screen.getByRole('option', { name: 'pear' }));
    expect(field().value).toBe('pear');
    expect(field().getAttribute('aria-expanded')).toBe('false');
  });

  it('narrows by what is typed and chooses by key', () => {
    render(<Field />);
    fireEvent.change(field(), { target: { value: 'APP' } });
    expect(options()).toEqual(['apple', 'pineapple']);
    fireEvent.keyDown(field(), { key: 'ArrowDown' });
    fireEvent.keyDown(field(), { key: 'ArrowDown' });
    const active = field().getAttribute('aria-activedescendant') ?? '';
    expect(document.getElementById(active)?.textContent).toBe('pineapple');
    fireEvent.keyDown(field(), { key: 'Enter' });
    expect(field().value).toBe('pineapple');
  });

  it('takes a text that is no suggestion', () => {
    render(<Field />);
    fireEvent.change(field(), { target: { value: 'plum' } });
    expect(field().value).toBe('plum');
    expect(options()).toEqual([]);
  });

  it('closes on Escape without losing the text', () => {
    render(<Field />);
    fireEvent.change(field(), { target: { value: 'pe' } });
    fireEvent.keyDown(field(), { key: 'Escape' });
    expect(options()).toEqual([]);
    expect(field().value).toBe('pe');
  });
});

describe('matchSuggestions', () => {
  it('puts those that begin with the text first', () => {
    expect(matchSuggestions(['xab', 'abx', 'b'], 'ab')).toEqual(['abx', 'xab']);
  });

  it('gives no more than can be shown', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `value ${index}`);
    expect(matchSuggestions(many, '').length).toBe(100);
  });
});
