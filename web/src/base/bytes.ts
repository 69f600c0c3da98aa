// Hex, base64 and byte arrays. OTLP's JSON writes ids in hex, Tempo's writes them in base64.

const kHexDigits = '0123456789abcdef';

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    text += kHexDigits.charAt(byte >> 4) + kHexDigits.charAt(byte & 15);
  }
  return text;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary);
}

/** Decodes standard or URL-safe base64, padded or not. Returns null when `text` is neither. */
export function fromBase64(text: string): Uint8Array | null {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(standard) || standard.length % 4 === 1) {
    return null;
  }
  const binary = atob(standard);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) {
    bytes[i] = binary.charCodeAt(i);
  }
  return bytes;
}

/**
 * Reads an id of `byteCount` bytes in hex or base64 and returns lower-case hex; '' stays ''.
 * The two forms never have the same length, so no flag is needed. Returns null for anything else.
 */
export function idToHex(text: string, byteCount: 8 | 16): string | null {
  if (text === '') {
    return '';
  }
  if (text.length === byteCount * 2) {
    return /^[0-9a-fA-F]+$/.test(text) ? text.toLowerCase() : null;
  }
  const bytes = fromBase64(text);
  return bytes !== null && bytes.length === byteCount ? toHex(bytes) : null;
}

/** Pads a trace id, whose leading zeros search answers strip, to its 32 digits. */
export function padTraceId(id: string): string {
  return id.toLowerCase().padStart(32, '0');
}

/** Tells whether `text` is a trace id as people paste it: 1 to 32 hex digits. */
export function isTraceId(text: string): boolean {
  return /^[0-9a-fA-F]{1,32}$/.test(text);
}
