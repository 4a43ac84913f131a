/** Error replies: which field a text names, as `antiphon.event` writes it: `bad request: said.text: Expected …`. */

export interface Problem {
  code: number;
  text: string;
  /** The field within the payload, `points[0].x`; "" where none is named. */
  path: string;
  /** What is wrong with it. */
  rule: string;
}

const BAD_REQUEST = 107;

/** Read what a promise of the SDK was rejected with. `tag` is that of the event that was sent, if it was one. */
export function problemOf(error: unknown, tag: string): Problem {
  const { code = 0, message = String(error) } = error as { code?: number; message?: string };
  const text = message || "no answer";
  const said = text.replace(/^bad request: /, "");
  if (code !== BAD_REQUEST) return { code, text, path: "", rule: said };
  const untagged = tag && said.startsWith(`${tag}.`) ? said.slice(tag.length + 1) : said;
  const inPlace = /^([^\s:]+): (.*)$/s.exec(untagged);
  const named = inPlace && inPlace[1] !== tag ? inPlace[1]! : "";
  const rule = inPlace ? inPlace[2]! : said;
  const field = /field `([^`]+)`$/.exec(rule)?.[1];
  return { code, text, path: [named, field].filter(Boolean).join("."), rule };
}
