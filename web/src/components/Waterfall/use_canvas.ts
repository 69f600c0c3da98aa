// Size of an element, and drawing into a canvas at the screen's own resolution.

import { type RefObject, useEffect, useLayoutEffect, useState } from 'react';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Follows the inner size of an element, without its scroll bars. */
export function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const target = element.current;
    if (target === null) {
      return undefined;
    }
    const update = () => {
      setSize((old) =>
        old.width === target.clientWidth && old.height === target.clientHeight
          ? old
          : { width: target.clientWidth, height: target.clientHeight },
      );
    };
    update();
    const observer = new ResizeObserver(update);
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Sets the size of a canvas and returns its context, scaled so that 1 is one CSS pixel. */
export function prepareCanvas(
  canvas: HTMLCanvasElement,
  size: Size,
): CanvasRenderingContext2D | null {
  const scale = window.devicePixelRatio || 1;
  const width = Math.round(size.width * scale);
  const height = Math.round(size.height * scale);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${size.width}px`;
    canvas.style.height = `${size.height}px`;
  }
  const context = canvas.getContext('2d');
  context?.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

/** Counts up when the pages' fonts have arrived, so that canvases are drawn again with them. */
export function useFontsReady(onReady: () => void): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    let isShown = true;
    document.fonts?.ready.then(() => {
      if (isShown) {
        onReady();
        setCount((old) => old + 1);
      }
    });
    return () => {
      isShown = false;
    };
  }, [onReady]);
  return count;
}
