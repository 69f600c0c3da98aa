// The search form and its TraceQL text, both ways. The form can say: one spanset of conditions
// joined by &&. parseForm returns null for any other query; the text stays the truth then.

export const kStatuses = ['error', 'ok', 'unset'] as const;
export const kKinds = ['server', 'client', 'internal', 'producer', 'consumer'] as const;
export const kOperators = ['=', '!=', '=~', '!~', '>', '>=', '<', '<='] as const;
/** `any` looks at the span, then at its resource. */
export const kScopes = ['any', 'span', 'resource', 'event', 'link', 'instrumentation'] as const;

export type Status = (typeof kStatuses)[number];
export type Kind = (typeof kKinds)[number];
export type Operator = (typeof kOperators)[number];
export type AttributeScope = (typeof kScopes)[number];

export interface AttributeCondition {
  readonly scope: AttributeScope;
  readonly key: string;
  readonly operator: Operator;
  /**
   * As typed: a number, duration, true, false or nil stands for itself, anything else for a text.
   * Quotes make a text of what would be a number, or of nothing: `"404"`, `""`.
   */
  readonly value: string;
}

export interface SearchForm {
  readonly service: string;
  readonly name: string;
  readonly status: Status | '';
  readonly kind: Kind | '';
  readonly minDuration: string;
  readonly maxDuration: string;
  readonly attributes: readonly AttributeCondition[];
}

export const kEmptyForm: SearchForm = {
  service: '',
  name: '',
  status: '',
  kind: '',
  minDuration: '',
  maxDuration: '',
  attributes: [],
};

const kDuration = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h|d|w))+$/;
const kNumber = /^-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

export function isDuration(text: string): boolean {
  return kDuration.test(text);
}

function isLiteral(text: string): boolean {
  return (
    text === 'true' ||
    text === 'false' ||
    text === 'nil' ||
    kNumber.test(text) ||
    kDuration.test(text)
  );
}

function isQuoted(text: string): boolean {
  return readQuoted(text, 0)?.end === text.length;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function printKey(scope: AttributeScope, key: string): string {
  const prefix = scope === 'any' ? '.' : `${scope}.`;
  const plain = /^[^\s{}()=~!<>&|^,"'`\\]+$/.test(key);
  return prefix + (plain ? key : `"${key.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
}

function printValue(operator: Operator, value: string): string {
  if (isQuoted(value)) {
    return value;
  }
  const isRegex = operator === '=~' || operator === '!~';
  return !isRegex && isLiteral(value) ? value : quote(value);
}

/** One condition as TraceQL. */
export function printCondition(condition: AttributeCondition): string {
  const key = printKey(condition.scope, condition.key);
  return `${key} ${condition.operator} ${printValue(condition.operator, condition.value)}`;
}

/**
 * The form as TraceQL; `{}` when nothing is filled in. What is not complete yet
 * (rows without key or value, durations without unit) is left out.
 */
export function printForm(form: SearchForm): string {
  const parts: string[] = [];
  if (form.service !== '') {
    parts.push(`resource.service.name = ${quote(form.service)}`);
  }
  if (form.name !== '') {
    parts.push(`name = ${quote(form.name)}`);
  }
  if (form.status !== '') {
    parts.push(`status = ${form.status}`);
  }
  if (form.kind !== '') {
    parts.push(`kind = ${form.kind}`);
  }
  if (isDuration(form.minDuration)) {
    parts.push(`duration >= ${form.minDuration}`);
  }
  if (isDuration(form.maxDuration)) {
    parts.push(`duration <= ${form.maxDuration}`);
  }
  for (const condition of form.attributes) {
    if (condition.key !== '' && condition.value !== '') {
      parts.push(printCondition(condition));
    }
  }
  return parts.length === 0 ? '{}' : `{ ${parts.join(' && ')} }`;
}

interface Token {
  readonly kind: 'punctuation' | 'operator' | 'string' | 'word';
  readonly text: string;
}

/** Reads a double-quoted text at `at`. Returns null when there is none or it is not closed. */
function readQuoted(text: string, at: number): { value: string; end: number } | null {
  const match = /^"(?:[^"\\\n]|\\.)*"/.exec(text.slice(at));
  if (match === null) {
    return null;
  }
  try {
    const value: unknown = JSON.parse(match[0]);
    return typeof value === 'string' ? { value, end: at + match[0].length } : null;
  } catch {
    return null;
  }
}

function tokenize(text: string): Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const space = /^\s+/.exec(rest);
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const punctuation = /^(\{|\}|&&)/.exec(rest);
    if (punctuation !== null) {
      tokens.push({ kind: 'punctuation', text: punctuation[0] });
      at += punctuation[0].length;
      continue;
    }
    const operator = /^(=~|!~|!=|>=|<=|=|>|<)/.exec(rest);
    if (operator !== null) {
      tokens.push({ kind: 'operator', text: operator[0] });
      at += operator[0].length;
      continue;
    }
    if (rest.startsWith('"')) {
      const quoted = readQuoted(text, at);
      if (quoted === null) {
        return null;
      }
      tokens.push({ kind: 'string', text: quoted.value });
      at = quoted.end;
      continue;
    }
    const raw = /^`([^`]*)`/.exec(rest);
    if (raw !== null) {
      tokens.push({ kind: 'string', text: raw[1] });
      at += raw[0].length;
      continue;
    }
    // A name may hold one quoted part, as in span."a b".
    const name = /^(\.|[a-z]+\.)"/.exec(rest);
    if (name !== null) {
      const quoted = /^"(?:[^"\\]|\\["\\])*"/.exec(rest.slice(name[1].length));
      if (quoted === null) {
        return null;
      }
      const inner = quoted[0].slice(1, -1).replaceAll(/\\(["\\])/g, '$1');
      at += name[1].length + quoted[0].length;
      if (/^[^\s{}()=~!<>&|^,]/.test(text.slice(at))) {
        return null;
      }
      tokens.push({ kind: 'word', text: name[1] + inner });
      continue;
    }
    const word = /^[^\s{}()=~!<>&|^,"`]+/.exec(rest);
    if (word === null) {
      return null;
    }
    tokens.push({ kind: 'word', text: word[0] });
    at += word[0].length;
  }
  return tokens;
}

function parseKey(text: string): { scope: AttributeScope; key: string } | null {
  if (text.startsWith('.')) {
    return text.length > 1 ? { scope: 'any', key: text.slice(1) } : null;
  }
  for (const scope of kScopes) {
    if (scope !== 'any' && text.startsWith(`${scope}.`) && text.length > scope.length + 1) {
      return { scope, key: text.slice(scope.length + 1) };
    }
  }
  return null;
}

function addCondition(
  form: SearchForm,
  left: string,
  operator: Operator,
  right: Token,
): SearchForm | null {
  const isText = right.kind === 'string';
  if (left === 'resource.service.name' && operator === '=' && isText && form.service === '') {
    return right.text === '' ? null : { ...form, service: right.text };
  }
  if ((left === 'name' || left === 'span:name') && operator === '=' && isText && form.name === '') {
    return right.text === '' ? null : { ...form, name: right.text };
  }
  if ((left === 'status' || left === 'span:status') && operator === '=' && form.status === '') {
    const status = kStatuses.find((candidate) => !isText && candidate === right.text);
    return status === undefined ? null : { ...form, status };
  }
  if ((left === 'kind' || left === 'span:kind') && operator === '=' && form.kind === '') {
    const kind = kKinds.find((candidate) => !isText && candidate === right.text);
    return kind === undefined ? null : { ...form, kind };
  }
  if ((left === 'duration' || left === 'span:duration') && !isText && isDuration(right.text)) {
    if (operator === '>=' && form.minDuration === '') {
      return { ...form, minDuration: right.text };
    }
    if (operator === '<=' && form.maxDuration === '') {
      return { ...form, maxDuration: right.text };
    }
    return null;
  }
  const key = parseKey(left);
  if (key === null || (!isText && !isLiteral(right.text))) {
    return null;
  }
  const isRegex = operator === '=~' || operator === '!~';
  if (isRegex && !isText) {
    return null;
  }
  const needsQuotes =
    isText && (right.text === '' || (!isRegex && isLiteral(right.text)) || isQuoted(right.text));
  const value = needsQuotes ? quote(right.text) : right.text;
  return { ...form, attributes: [...form.attributes, { ...key, operator, value }] };
}

/** Reads TraceQL back into the form; null when the form cannot say it. */
export function parseForm(text: string): SearchForm | null {
  const tokens = tokenize(text);
  if (tokens === null) {
    return null;
  }
  if (tokens.length === 0) {
    return kEmptyForm;
  }
  const isPunctuation = (token: Token | undefined, wanted: string) =>
    token !== undefined && token.kind === 'punctuation' && token.text === wanted;
  if (!isPunctuation(tokens[0], '{') || !isPunctuation(tokens.at(-1), '}')) {
    return null;
  }
  const inner = tokens.slice(1, -1);
  if (inner.length === 0 || (inner.length === 1 && inner[0].text === 'true')) {
    return kEmptyForm;
  }
  let form: SearchForm | null = kEmptyForm;
  for (let at = 0; at < inner.length; at += 4) {
    const left: Token | undefined = inner[at];
    const operatorToken: Token | undefined = inner[at + 1];
    const right: Token | undefined = inner[at + 2];
    if (
      left?.kind !== 'word' ||
      operatorToken?.kind !== 'operator' ||
      (right?.kind !== 'word' && right?.kind !== 'string')
    ) {
      return null;
    }
    const operator = kOperators.find((candidate) => candidate === operatorToken.text);
    if (operator === undefined) {
      return null;
    }
    form = addCondition(form, left.text, operator, right);
    if (form === null) {
      return null;
    }
    const isLast = at + 3 === inner.length;
    if (!isLast && !isPunctuation(inner[at + 3], '&&')) {
      return null;
    }
    if (!isLast && at + 4 >= inner.length) {
      return null;
    }
  }
  return form;
}

/**
 * The query to send for the query `text` of a reader: search answers carry a span's name only if
 * the query asks for it, so a condition that every span meets is added. Queries that the form
 * cannot show are sent as they are.
 */
export function withSpanNames(text: string): string {
  const form = parseForm(text);
  if (form === null || form === kEmptyForm || form.name !== '') {
    return text;
  }
  return text.trimEnd().replace(/\}$/, '&& name =~ "(?s).*" }');
}
