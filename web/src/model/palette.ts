// One colour per service. Chosen by the service's name, so that it has the same colour in every
// trace; two services of one trace share a colour only when there are more of them than colours.

/** Hues as custom properties --service-0 ... in styles/tokens.css. */
export const kServiceColourCount = 12;

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  }
  return value >>> 0;
}

/** Returns the colour number of each service. */
export function assignColours(services: readonly string[]): number[] {
  const colours = new Map<string, number>();
  let used = new Set<number>();
  // Alphabetical order makes the result independent of which span came first.
  for (const service of [...new Set(services)].sort()) {
    if (used.size === kServiceColourCount) {
      used = new Set();
    }
    let colour = hash(service) % kServiceColourCount;
    while (used.has(colour)) {
      colour = (colour + 1) % kServiceColourCount;
    }
    used.add(colour);
    colours.set(service, colour);
  }
  return services.map((service) => colours.get(service) ?? 0);
}
