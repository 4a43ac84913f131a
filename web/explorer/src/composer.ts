/** What one sends: a form made from the schema, or the same as JSON; and what the server answers to it. */

import type { Contract, Json, Schema } from "./contract";
import { h, codeBlock } from "./dom";
import { Form } from "./form";
import { problemOf, type Problem } from "./problem";
import { resolve, sample } from "./schema";

export interface Task {
  contract: Contract;
  /** Of what is sent; undefined: nothing is known of it. */
  schema: Schema | undefined;
  example: Json | undefined;
  /** The tag that error texts begin with; "" for calls. */
  tag: string;
  /** What the button says. */
  verb: string;
  /** Resolves with what came back, or undefined where nothing does. */
  act: (data: Json) => Promise<Json | undefined>;
}

/** A form with its button, and below it the answer. */
export class Composer {
  readonly element: HTMLElement;
  private readonly form: Form | undefined;
  private readonly json = h("textarea", { class: "input mono", rows: 6, spellcheck: "false", "aria-label": "JSON", "data-testid": "json" });
  private readonly outcome = h("div", { class: "outcome", role: "status", "data-testid": "outcome" });
  private readonly button: HTMLButtonElement;
  private readonly tabs: HTMLButtonElement[] = [];

  constructor(private readonly task: Task) {
    const { contract, schema, example, verb } = task;
    const start = example ?? sample(contract, schema ?? {});
    if (schema && resolve(contract, schema).properties) this.form = new Form(contract, schema, start);
    this.write(start);
    this.button = h("button", { class: "button primary", type: "submit", "data-testid": "submit" }, verb);
    const head = this.form && h("div", { class: "tabs", role: "group", "aria-label": "How to write it" }, ...this.offerTabs());
    const onsubmit = (event: Event): void => {
      event.preventDefault();
      void this.submit();
    };
    this.element = h("form", { class: "composer", "data-testid": "composer", novalidate: true, onsubmit }, head, this.form?.element, this.json, this.button, this.outcome);
    this.show(this.form ? "form" : "json");
  }

  private offerTabs(): HTMLElement[] {
    const tab = (name: string, label: string): HTMLButtonElement =>
      h("button", { type: "button", "data-tab": name, "data-testid": `tab-${name}`, onclick: () => this.show(name) }, label);
    this.tabs.push(tab("form", "Form"), tab("json", "JSON"));
    return this.tabs;
  }

  private show(name: string): void {
    if (name === "json" && this.form && !this.form.element.hidden) this.write(this.form.value());
    if (this.form) this.form.element.hidden = name !== "form";
    this.json.hidden = name !== "json";
    for (const tab of this.tabs) tab.setAttribute("aria-pressed", String(tab.dataset["tab"] === name));
  }

  private write(value: Json): void {
    this.json.value = JSON.stringify(value, null, 2);
    this.json.rows = Math.min(16, this.json.value.split("\n").length + 1);
  }

  private get asForm(): Form | undefined {
    return this.form && !this.form.element.hidden ? this.form : undefined;
  }

  private async submit(): Promise<void> {
    this.form?.absolve();
    this.outcome.replaceChildren();
    let data: Json;
    try {
      data = this.asForm?.value() ?? (JSON.parse(this.json.value || "null") as Json);
    } catch (error) {
      return this.fail({ code: 0, text: "", path: "", rule: `This is no JSON: ${(error as Error).message}` });
    }
    this.button.disabled = true;
    try {
      this.succeed(await this.task.act(data));
    } catch (error) {
      this.fail(problemOf(error, this.task.tag));
    } finally {
      this.button.disabled = false;
    }
  }

  private succeed(answer: Json | undefined): void {
    const done = h("p", { class: "done" }, answer === undefined ? "Sent." : "Answered:");
    this.outcome.replaceChildren(done);
    if (answer !== undefined) this.outcome.append(codeBlock(JSON.stringify(answer, null, 2), { "data-testid": "answer" }));
  }

  private fail(problem: Problem): void {
    const said = problem.code ? `${problem.code} ${problem.text}` : problem.rule;
    this.outcome.append(h("p", { class: "problem", "data-testid": "problem" }, said));
    if (problem.path) this.asForm?.blame(problem.path, problem.rule);
  }
}

/** A button that opens a composer; it is made when it is first wanted. */
export function offer(label: string, make: () => Composer): HTMLElement {
  const box = h("div", { class: "offer" });
  const button = h("button", { class: "button", type: "button", "aria-expanded": "false", "data-testid": "try" }, label);
  let composer: Composer | undefined;
  const open = (wanted: boolean): void => {
    composer ??= make();
    if (!composer.element.parentNode) box.append(composer.element);
    composer.element.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
    button.textContent = wanted ? "Close" : label;
    if (wanted) composer.element.querySelector<HTMLElement>(".input:not([hidden])")?.focus();
    else button.focus();
  };
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") === "false"));
  box.addEventListener("keydown", ({ key }) => key === "Escape" && composer && open(false));
  box.append(button);
  return box;
}
