/** The page on which a ticket is opened. */
import { part } from "./elements.js";
import { KeptForm } from "./kept-form.js";
import "./navigation.js";
import "./offers.js";

new KeptForm(part(document, "#new-ticket", HTMLFormElement)).restore();
