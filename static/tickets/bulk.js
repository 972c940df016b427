/** Does a bulk job to its end while its page is open: each step is a page, and asks for the next. */
import { part } from "./elements.js";

part(document, "#continue", HTMLFormElement).requestSubmit();
