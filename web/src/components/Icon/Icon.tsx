// Icons of the pages: 16 by 16, drawn with the text's colour. Always beside or instead of a label
// that assistive technology reads, so the icon itself is hidden from it.

const kPaths = {
  copy: 'M5.5 5.5V3.2c0-.7.5-1.2 1.2-1.2h6.1c.7 0 1.2.5 1.2 1.2v6.1c0 .7-.5 1.2-1.2 1.2h-2.3M3.2 5.5h6.1c.7 0 1.2.5 1.2 1.2v6.1c0 .7-.5 1.2-1.2 1.2H3.2c-.7 0-1.2-.5-1.2-1.2V6.7c0-.7.5-1.2 1.2-1.2z',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 11.5a4.5 4.5 0 100-9 4.5 4.5 0 000 9zM10.5 10.5L14 14',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  sun: 'M8 10.8a2.8 2.8 0 100-5.6 2.8 2.8 0 000 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13.5 9.7A5.8 5.8 0 016.3 2.5a5.8 5.8 0 107.2 7.2z',
  keyboard:
    'M2.7 4h10.6c.7 0 1.2.5 1.2 1.2v5.6c0 .7-.5 1.2-1.2 1.2H2.7c-.7 0-1.2-.5-1.2-1.2V5.2C1.5 4.5 2 4 2.7 4zM4.2 6.7h.1M6.7 6.7h.1M9.2 6.7h.1M11.7 6.7h.1M5 9.5h6',
  download: 'M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.5h10',
  reload: 'M13.3 8A5.3 5.3 0 113.8 4.8M13.5 2.5v3.2h-3.2',
  link: 'M6.8 9.2a2.8 2.8 0 004 0l2.1-2.1a2.8 2.8 0 00-4-4l-.8.8M9.2 6.8a2.8 2.8 0 00-4 0L3.1 8.9a2.8 2.8 0 004 4l.8-.8',
  chevronRight: 'M6 3.8L10.2 8 6 12.2',
  chevronDown: 'M3.8 6L8 10.2 12.2 6',
  arrowRight: 'M3 8h9.5M8.8 4.2L12.5 8l-3.7 3.8',
  file: 'M9 1.8H4.7c-.7 0-1.2.5-1.2 1.2v10c0 .7.5 1.2 1.2 1.2h6.6c.7 0 1.2-.5 1.2-1.2V5.3zM9 1.8v3.5h3.5',
  bolt: 'M8.8 1.8L3.5 9h4l-.8 5.2L12.5 7h-4z',
  plug: 'M5.5 2v3M10.5 2v3M4 5h8v2.5a4 4 0 01-8 0zM8 11.5V14',
  alert: 'M8 2.2l6.2 11H1.8zM8 6.5v3.2M8 11.5v.1',
  zoomFit: 'M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M5 8h6',
  collapse: 'M4.5 2.5L8 5.7l3.5-3.2M4.5 13.5L8 10.3l3.5 3.2M2.5 8h11',
  expand: 'M4.5 5.2L8 2l3.5 3.2M4.5 10.8L8 14l3.5-3.2M2.5 8h11',
  left: 'M10 3.8L5.8 8 10 12.2',
  right: 'M6 3.8L10.2 8 6 12.2',
} as const;

export type IconName = keyof typeof kPaths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={kPaths[name]} />
    </svg>
  );
}
