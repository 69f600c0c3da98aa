// The tokens that the canvases draw with, read once per theme.

import { useMemo } from 'react';
import { useTheme } from '../../app/theme';
import { kServiceColourCount } from '../../model/palette';

export interface CanvasColours {
  readonly surface: string;
  readonly sunken: string;
  readonly hover: string;
  readonly selected: string;
  readonly line: string;
  readonly text: string;
  readonly textSoft: string;
  readonly textFaint: string;
  readonly accent: string;
  readonly error: string;
  readonly errorSoft: string;
  readonly warn: string;
  readonly warnSoft: string;
  readonly services: readonly string[];
}

function readColours(): CanvasColours {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    surface: token('surface'),
    sunken: token('sunken'),
    hover: token('hover'),
    selected: token('selected'),
    line: token('line'),
    text: token('text'),
    textSoft: token('text-soft'),
    textFaint: token('text-faint'),
    accent: token('accent'),
    error: token('error'),
    errorSoft: token('error-soft'),
    warn: token('warn'),
    warnSoft: token('warn-soft'),
    services: Array.from({ length: kServiceColourCount }, (_, index) => token(`service-${index}`)),
  };
}

export function useCanvasColours(): CanvasColours {
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tokens change with the theme.
  return useMemo(readColours, [theme]);
}
