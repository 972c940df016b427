/** The SharedWorker: one per user and version of these scripts, which its name carries. */
import { Hub } from "./hub.js";

const hub = new Hub();
globalThis.onconnect = ({ ports: [port] }) => hub.welcome(port);
