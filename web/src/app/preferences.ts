// What the reader prefers, kept in this browser. A link never writes here.

export type PreferenceName = 'theme' | 'shortcuts' | 'nameColumn';

/** Returns a stored preference, or null when there is none or storage is switched off. */
export function loadPreference(name: PreferenceName): string | null {
  try {
    return localStorage.getItem(`vivace.${name}`);
  } catch {
    return null;
  }
}

export function storePreference(name: PreferenceName, value: string): void {
  try {
    localStorage.setItem(`vivace.${name}`, value);
  } catch {
    // Without storage the preference lasts until the page is closed.
  }
}

/** Returns a stored number inside [min, max], else `fallback`. */
export function loadNumber(
  name: PreferenceName,
  min: number,
  max: number,
  fallback: number,
): number {
  const text = loadPreference(name);
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return value >= min && value <= max ? value : fallback;
}
