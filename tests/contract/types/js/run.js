// Talks to the app at the URL that is given, and prints what came of it as JSON.

import { Centrifuge } from "centrifuge";
import WebSocket from "ws";
import { exchange } from "./exchange.js";

const centrifuge = new Centrifuge(process.argv[2], { websocket: WebSocket });
centrifuge.connect();
try {
  console.log(JSON.stringify(await exchange(centrifuge)));
} finally {
  centrifuge.disconnect();
}
