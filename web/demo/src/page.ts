/** The page's elements by id, copies of its templates, and the few things done to them. */

type Kind<E> = new () => E;

/** The element with this id, which index.html is known to hold. */
export function need<E extends HTMLElement>(id: string, kind: Kind<E>): E {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`index.html has no ${kind.name} #${id}`);
  return element;
}

/** The descendant of `root` that fills the slot `name`. */
export function slot(root: ParentNode, name: string): HTMLElement {
  const element = root.querySelector<HTMLElement>(`[data-slot="${name}"]`);
  if (!element) throw new Error(`no slot ${name}`);
  return element;
}

/** A copy of a template's one element, with its slots filled with plain text. */
export function stamp(template: string, texts: Record<string, string> = {}): HTMLElement {
  const source = need(template, HTMLTemplateElement).content.firstElementChild;
  if (!source) throw new Error(`the template #${template} is empty`);
  const copy = source.cloneNode(true) as HTMLElement;
  for (const [name, text] of Object.entries(texts)) slot(copy, name).textContent = text;
  return copy;
}

/** Give everything that belongs to a person the person's own colour. */
export function tint(element: HTMLElement, name: string): void {
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  element.style.setProperty("--hue", String(hue));
}

/** The letter that stands for a person. */
export function initial(name: string): string {
  return ([...name][0] ?? "?").toLocaleUpperCase();
}
