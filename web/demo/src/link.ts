/** The one connection: its state in the pill, its latency, and the switch that cuts it. */

import { Centrifuge, State } from "centrifuge";
import { fetchToken, type Person } from "./login";
import { need } from "./page";

const LATENCY_EVERY = 3000;
const INVALID_TOKEN = 3500;

const SAYS: Record<State, string> = {
  [State.Connected]: "Online",
  [State.Connecting]: "Connecting…",
  [State.Disconnected]: "Offline",
};

/** A client for this person that shows in the page how it is. Not connected yet. */
export function makeLink({ name, token }: Person): Centrifuge {
  const url = new URL("connection/websocket", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.hash = "";
  const link = new Centrifuge(url.href, { token, getToken: () => fetchToken(name), name: "antiphon-demo" });
  showState(link);
  showLatency(link);
  offerSwitch(link);
  // The demo forgets its secret when it restarts, and with it every token it gave.
  link.on("disconnected", ({ code }) => {
    if (code !== INVALID_TOKEN) return;
    link.setToken("");
    setTimeout(() => link.connect(), 1000);
  });
  return link;
}

function showState(link: Centrifuge): void {
  const pill = need("pill", HTMLElement);
  const text = need("pill-text", HTMLElement);
  link.on("state", ({ newState }) => {
    document.body.dataset["link"] = newState;
    pill.dataset["state"] = newState;
    text.textContent = SAYS[newState];
  });
}

function showLatency(link: Centrifuge): void {
  const latency = need("latency", HTMLElement);
  const measure = async (): Promise<void> => {
    if (link.state !== State.Connected) return;
    const start = performance.now();
    try {
      await link.rpc("demo.ping", {});
      latency.textContent = `${Math.max(1, Math.round(performance.now() - start))} ms`;
    } catch {
      latency.textContent = ""; // the connection went while we waited
    }
  };
  link.on("connected", () => void measure());
  link.on("state", () => (latency.textContent = ""));
  setInterval(() => void measure(), LATENCY_EVERY);
}

function offerSwitch(link: Centrifuge): void {
  const button = need("switch", HTMLButtonElement);
  button.addEventListener("click", () => {
    if (link.state === State.Disconnected) link.connect();
    else link.disconnect();
  });
  link.on("state", ({ newState }) => {
    button.textContent = newState === State.Disconnected ? "Go online" : "Go offline";
  });
}
