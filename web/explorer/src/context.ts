/** What the views of the page share. */

import type { Contract } from "./contract";
import type { Link } from "./link";

export interface Context {
  contract: Contract;
  link: Link;
}

/** A view, with what it has to do when the connection changes. */
export interface View {
  title: string;
  element: HTMLElement;
  refresh?: () => void;
}

/** The fragment that leads to a place. */
export const to = {
  channel: (key: string, event?: string): string => `#/channel/${key}${event ? `/${event}` : ""}`,
  call: (key: string): string => `#/call/${key}`,
  messages: (event?: string): string => `#/messages${event ? `/${event}` : ""}`,
  reference: "#/reference",
};
