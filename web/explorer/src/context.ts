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

/** Which way an event goes, from the reader's side. */
export type Way = "send" | "receive";

/** The fragments that lead to places; what leads to an event ends in its way and its name. */
export const to = {
  channel: (key: string): string => `#/channel/${key}`,
  call: (key: string): string => `#/call/${key}`,
  messages: "#/messages",
  event: (place: string, way: Way, name: string): string => `${place}/${way}/${name}`,
  reference: "#/reference",
};
