/** The SharedWorker. There is one per user and version of these scripts; its name carries both. */
import { Hub } from "./hub.js";

const hub = new Hub();
globalThis.onconnect = ({ ports: [port] }) => hub.welcome(port);
