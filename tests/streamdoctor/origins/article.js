// The endpoint of the article that this doctor is for, in plain Node: `node article.js PORT`.
import { createServer } from "node:http";
import process from "node:process";

createServer((request, response) => {
    if (request.url !== "/api/user/stream") {
        response.writeHead(404).end();
        return;
    }
    response.writeHead(200, {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-cache, no-transform",
        "Connection": "keep-alive",
        "X-Accel-Buffering": "no",
    });
    response.write("event: connected\ndata: {}\n\n");
    const heartbeat = setInterval(() => response.write(":\n\n"), 1500);
    let orders = 0;
    const news = setInterval(() => {
        orders += 1;
        response.write(`event: order\ndata: ${JSON.stringify({ orders })}\n\n`);
    }, 700);
    request.on("close", () => {
        clearInterval(heartbeat);
        clearInterval(news);
    });
}).listen(Number(process.argv[2]), "127.0.0.1");
