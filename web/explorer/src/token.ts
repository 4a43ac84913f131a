/** The token: asked for in a dialog, kept by this tab. */

import type { Contract } from "./contract";
import { need } from "./dom";
import { schemes } from "./reference";

const KEPT = "antiphon.token";

/** The token of this tab, or "". */
export function keptToken(): string {
  return sessionStorage.getItem(KEPT) ?? "";
}

/** Asks for a token; `use` rejects with an `Error` whose text says why it is no good. */
export class TokenDialog {
  private readonly dialog = need("token-dialog", HTMLDialogElement);
  private readonly input = need("token", HTMLTextAreaElement);
  private readonly problem = need("token-problem", HTMLElement);

  constructor(private readonly use: (token: string) => Promise<void>) {
    need("token-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit(this.input.value.trim().replace(/^bearer\s+/i, ""));
    });
    need("token-forget", HTMLButtonElement).addEventListener("click", () => void this.submit(""));
    need("token-cancel", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      need("token-form", HTMLFormElement).requestSubmit();
    });
    need("authorize", HTMLButtonElement).addEventListener("click", () => this.open());
  }

  /** Say what the app asks for. */
  explain(contract: Contract): void {
    need("token-schemes", HTMLElement).replaceChildren(schemes(contract));
  }

  open(): void {
    this.input.value = keptToken();
    this.problem.textContent = "";
    this.dialog.showModal();
    this.input.select();
  }

  private async submit(token: string): Promise<void> {
    try {
      await this.use(token);
    } catch (error) {
      this.problem.textContent = (error as Error).message;
      return;
    }
    if (token) sessionStorage.setItem(KEPT, token);
    else sessionStorage.removeItem(KEPT);
    need("authorize", HTMLButtonElement).dataset["has"] = token ? "token" : "nothing";
    this.dialog.close();
  }
}
