// A stream of express: `node express.js PORT`. Below /compressed/ it passes the middleware that
// compresses, whose default takes event streams, too.
import process from "node:process";

import compression from "compression";
import express from "express";

function stream(request, response) {
    response.set({ "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
    response.flushHeaders();
    let number = Number(request.get("Last-Event-ID") ?? 0);
    const timer = setInterval(() => {
        number += 1;
        response.write(`id: ${number}\ndata: {"n": ${number}}\n\n`);
        response.flush?.();
    }, 500);
    request.on("close", () => clearInterval(timer));
}

const app = express();
app.get("/events", stream);
app.use("/compressed", compression());
app.get("/compressed/events", stream);
app.listen(Number(process.argv[2]), "127.0.0.1");
