// The link that "copy link" gives: the page's address, unless the page makes a better one.

import { useEffect, useRef } from 'react';

let maker: { current: () => string } | null = null;

export function shareLink(): string {
  return maker === null ? window.location.href : maker.current();
}

/** Makes the link while the component is shown. */
export function useShareLink(make: () => string): void {
  const current = useRef(make);
  current.current = make;
  useEffect(() => {
    maker = current;
    return () => {
      maker = null;
    };
  }, []);
}
