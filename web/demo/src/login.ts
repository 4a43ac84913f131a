/** Who is this? A name, for which the demo server hands out a token. */

import { need } from "./page";

const KEPT = "antiphon.name"; // of this tab alone, so that two tabs can be two people

/** A person, with the token that the form has fetched already; none when the tab was reloaded. */
export interface Person {
  name: string;
  token: string;
}

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

/** This tab's person: the one kept from before, or whoever fills in the form. */
export async function login(): Promise<Person> {
  const name = sessionStorage.getItem(KEPT);
  return name ? { name, token: "" } : await askName();
}

function askName(): Promise<Person> {
  const form = need("login", HTMLFormElement);
  const input = need("name", HTMLInputElement);
  const problem = need("login-problem", HTMLElement);
  input.focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const name = input.value.trim();
        const token = await fetchToken(name);
        sessionStorage.setItem(KEPT, name);
        resolve({ name, token });
      } catch (error) {
        problem.textContent = error instanceof TypeError ? "The server does not answer." : (error as Error).message;
        input.focus();
      }
    });
  });
}
