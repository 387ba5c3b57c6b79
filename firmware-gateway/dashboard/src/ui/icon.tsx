// The page's pictograms, drawn for a 24 x 24 field. Decorative always: the word stands beside them.
import type { JSX } from "preact";

const STROKED = {
  overview: "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
  bolt: "M13 3 5 13.5h5.5L10 21l9-11h-6z",
  drop: "M12 3.5c3.6 4.2 6 7.2 6 10.3a6 6 0 0 1-12 0c0-3.1 2.4-6.1 6-10.3z",
  gauge: "M4.5 18a9 9 0 1 1 15 0M12 14l4-5M12 14.01V14",
  doorClosed: "M6 21V3.5h12V21M3.5 21h17M14.6 12.5v.01",
  doorOpen: "M13 21V3L6 5v16M13 5h5v16M3.5 21h17M10 12.5v.01",
  leak: "M12 3c2.6 3 4.3 5.300 4.300 7.600a4.300 4.300 0 0 1-8.600 0C7.700 8.300 9.400 6 12 3zM3 19c1.500-1.300 3-1.300 4.500 0s3 1.300 4.500 0 3-1.300 4.500 0 3 1.300 4.500 0",
  camera: "M3 8h11.500v9H3zM14.500 11 21 8v9l-6.500-3M7 12.500v.01",
  person: "M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.700-4 3.700-6 7.500-6s6.800 2 7.500 6",
  check: "m5 12.500 4.500 4.500L19 7.500",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5.300l3.300 2",
  unlink: "M9.500 14.500 14 10M10.500 7.500l2-2a4.200 4.200 0 0 1 6 6l-2 2M13.500 16.500l-2 2a4.200 4.200 0 0 1-6-6l2-2M4 4l16 16",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  auto: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 3v18M12 7.500h7M12 12h9M12 16.500h7",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500 20.500 20.500",
  chevron: "m6 9 6 6 6-6",
  battery: "M3 8h15v8H3zM21 11v2M6 11v2",
  bell: "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15zM10 20.500h4",
  up: "M12 19V5M6 11l6-6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  level: "M5 12h14",
  returned: "M9 7 4 12l5 5M4 12h10.500a5 5 0 0 1 0 10",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 2.600 4 5.600 4 9s-1 6.400-4 9c-3-2.600-4-5.600-4-9s1-6.400 4-9z",
  left: "m14.500 5-7 7 7 7",
  right: "m9.500 5 7 7-7 7",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  download: "M12 4v11M7 10.500l5 5 5-5M5 20h14",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
  sound: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9a4.200 4.200 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11",
  mute: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM16 9.500l5 5M21 9.500l-5 5",
  screen: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  device: "M4 4h16v11H4zM8 20h8M12 15v5M8 8.500h3M8 11.500h6",
  shield: "M12 3.500 19 6v5.500c0 4.500-3 7.500-7 9-4-1.500-7-4.500-7-9V6zM9 12l2.200 2.200L15.500 10",
  system: "M5 4h14v6H5zM5 14h14v6H5zM8.500 7v.01M8.500 17v.01M12 7h4M12 17h4",
  table: "M4 5h16v14H4zM4 10h16M4 14.500h16M10 5v14",
  pause: "M8.500 6v12M15.500 6v12",
} as const;

/** Priorities differ in outline, not only in colour: octagon, triangle, diamond, circle. */
const FILLED = {
  critical: "M8.100 2.500h7.800l5.600 5.600v7.800l-5.600 5.600H8.100l-5.600-5.600V8.100z",
  high: "M12 2.800 22.300 20.800H1.700z",
  medium: "M12 1.800 22.200 12 12 22.200 1.800 12z",
  low: "M12 21.500a9.500 9.500 0 1 0 0-19 9.500 9.500 0 0 0 0 19z",
} as const;

export type IconName = keyof typeof STROKED | keyof typeof FILLED;

function isFilled(name: IconName): name is keyof typeof FILLED {
  return name in FILLED;
}

export function Icon({ name, size = 18 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {isFilled(name)
        ? <>
            <path d={FILLED[name]} fill="currentColor" />
            <path class="icon-mark" d={name === "high" ? "M12 9v5.500M12 17.600v.01" : "M12 7v6.500M12 16.900v.01"} />
          </>
        : <path d={STROKED[name]} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" />}
    </svg>
  );
}
