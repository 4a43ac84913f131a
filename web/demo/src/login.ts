/** Who is this? A name, for which the demo server hands out a token. */

import { need } from "./page";

const KEPT = "antiphon.name"; // of this tab alone, so that two tabs can be two people

/** Fetch a token for `name`; throws an `Error` whose text is for the reader. */
export async function fetchToken(name: string): Promise<string> {
  const response = await fetch("demo/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
  });
  const answer = (await response.json()) as { token: string } | { error: string };
  if ("error" in answer) throw new Error(answer.error);
  return answer.token;
}

/** Forget the name; the next load of the page asks for it again. */
export function forget(): void {
  sessionStorage.removeItem(KEPT);
}

/** The name of this tab's person: the one kept from before, or what the form is given. */
export async function login(): Promise<string> {
  return sessionStorage.getItem(KEPT) ?? (await askName());
}

function askName(): Promise<string> {
  const form = need("login", HTMLFormElement);
  const input = need("name", HTMLInputElement);
  const problem = need("login-problem", HTMLElement);
  input.focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const name = input.value.trim();
        await fetchToken(name);
        sessionStorage.setItem(KEPT, name);
        resolve(name);
      } catch (error) {
        problem.textContent = error instanceof TypeError ? "The server does not answer." : String((error as Error).message);
        input.focus();
      }
    });
  });
}
