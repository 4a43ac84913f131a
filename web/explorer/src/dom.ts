/** Elements made from code. What an app or a peer says becomes text nodes only, never markup. */

type Child = Node | string | number | null | undefined | false;
type Listener = (event: Event) => void;
export type Properties = Record<string, string | number | boolean | undefined | Listener>;

/** An element with attributes, listeners (`onclick`) and children; text stays text. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) element.append(typeof child === "number" ? String(child) : child);
  }
  return element;
}

/** The element with this id, which index.html is known to hold. */
export function need<E extends HTMLElement>(id: string, kind: new () => E): E {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`index.html has no ${kind.name} #${id}`);
  return element;
}

/** A docstring: its paragraphs, with what stands in backquotes as code. */
export function prose(text: string | undefined, kind = "prose"): HTMLElement | null {
  if (!text) return null;
  const paragraphs = text.trim().split(/\n\s*\n/);
  return h("div", { class: kind }, ...paragraphs.map((paragraph) => h("p", {}, ...inline(paragraph))));
}

/** The words of one paragraph. */
export function inline(text: string): Node[] {
  return text.split(/(`+[^`]+`+)/).map((part) =>
    part.startsWith("`") && part.length > 2 ? h("code", {}, part.replace(/^`+|`+$/g, "")) : document.createTextNode(part),
  );
}

/** A button that copies a text, and says so. */
export function copyButton(text: () => string): HTMLButtonElement {
  const button = h("button", { class: "button plain copy", type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    button.textContent = (await copied(text())) ? "Copied" : "Not allowed";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text); // only where the page is trusted: https, or localhost
    return true;
  } catch {
    return false;
  }
}

/** Code or JSON, with a button to copy it. */
export function codeBlock(text: string, properties: Properties = {}): HTMLElement {
  return h("div", { class: "code" }, h("pre", { tabindex: 0, ...properties }, text), copyButton(() => text));
}
