"""What to set at CDNs, load balancers and hosts, and in proxies that Debian does not bring. No test
can have these checked by the product itself."""

from streamdoctor.findings.remedy import Remedy, say

FLUSH = "`responseForwarding.flushInterval: -1` on its service"
TRAEFIK = {
    "buffered": say(
        f"Take the middlewares buffering and compress off the router of the stream; {FLUSH}."
    ),
    "compressed": say(
        "On the middleware compress write `excludedContentTypes: [text/event-stream]`;"
        " where the version looks at the request's type only, take it off the"
        " stream's router."
    ),
    "idle-timeout": say(
        "On the entry point write `transport.respondingTimeouts.writeTimeout: 0s`"
        " and `transport.respondingTimeouts.idleTimeout: 180s`."
    ),
    "max-duration": say(
        "On the entry point write `transport.respondingTimeouts.writeTimeout: 0s`."
    ),
    "delayed": say(f"Write {FLUSH} (100 ms where it does not see an event stream)."),
    "refused": say("Take the middlewares rateLimit and inFlightReq off the router of the stream."),
    "own-login": say("Take basicAuth and forwardAuth off the router of the stream."),
}
ENVOY = {
    "buffered": say(
        "Disable `envoy.filters.http.buffer` on the route /STREAM by `typed_per_filter_config`."
    ),
    "compressed": say("Take text/event-stream out of the compressor's `content_type`."),
    "idle-timeout": say(
        "On the route write `idle_timeout: 0s` (stream_idle_timeout is 5 min) and `timeout: 0s`."
    ),
    "max-duration": say(
        "On the route write `timeout: 0s` (15 s by default, not made for streams)"
        " and no max_stream_duration."
    ),
    "refused": say("Look at the circuit breakers' max_requests and at local_ratelimit."),
    "few-streams": say("Raise `max_concurrent_streams` of http2_protocol_options."),
}
CLOUDFLARE = {
    "buffered": say(
        "Switch Response Buffering off (Enterprise: Speed), and a quick tunnel"
        " (cloudflared), which buffers to the end, against a named one."
    ),
    "compressed": say(
        "Write a Compression Rule for /STREAM: Disable compression; and let"
        " Cache-Control: no-transform through."
    ),
    "cached": say("Write a Cache Rule for /STREAM: Bypass cache; then purge that URL."),
    "idle-timeout": say("It cuts after 100 s without a byte: keep heartbeats well below that."),
    "refused": say("Look at Security → Events which rule answered; let it skip /STREAM."),
    "own-login": say("In Access write a policy Bypass for the path /STREAM."),
}
CLOUDFRONT = {
    "buffered": say(
        "Give /STREAM a behaviour of its own with CachingDisabled, AllViewer, and"
        " Compress objects automatically: No."
    ),
    "compressed": say("On the behaviour of /STREAM set Compress objects automatically: No."),
    "cached": say("Give /STREAM the policies CachingDisabled and AllViewer; invalidate the path."),
    "idle-timeout": say(
        "Raise the origin's response timeout (30 s, between two packets), and keep"
        " heartbeats at 25 s or less."
    ),
    "max-duration": say("Unset the origin's response completion timeout."),
    "last-event-id-dropped": say(
        "Use the origin request policy AllViewer, which forwards all"
        " headers, cookies and the query."
    ),
    "unauthorized": say("Use the origin request policy AllViewer, which forwards cookies."),
    "refused": say("Look at the web ACL of AWS WAF: let its rate rule count without /STREAM."),
}
ELSEWHERE: dict[str, dict[str, Remedy]] = {
    "traefik": TRAEFIK,
    "envoy": ENVOY,
    "cloudflare": CLOUDFLARE,
    "cloudfront": CLOUDFRONT,
    "bunny": {
        "cached": say(
            "Write an Edge Rule for /STREAM: Override cache time 0 and Bypass Perma-Cache,"
            " set Respect origin Cache-Control, and purge."
        ),
    },
    "fastly": {
        "cached": say(
            'In vcl_recv write `if (req.url ~ "^/STREAM") { return(pass); }`, then purge.'
        ),
        "idle-timeout": say(
            "Raise the backend's between-bytes timeout (10 s by default), or send"
            " heartbeats more often."
        ),
        "buffered": say("In vcl_fetch write `set beresp.do_stream = true;` for the stream."),
    },
    "akamai": {
        "buffered": say(
            "For /STREAM switch off Large File Optimization and response buffering"
            " (chunked transfer on)."
        ),
        "cached": say("For /STREAM set the caching option No Store."),
        "idle-timeout": say(
            "Raise the read timeout of the property, or send heartbeats more often."
        ),
    },
    "azure": {
        "idle-timeout": say(
            "Raise the origin response timeout of Front Door, and the idle timeout"
            " of the App Service's or the Application Gateway's load balancer."
        ),
        "cached": say("Disable caching on the route of /STREAM."),
        "buffered": say("On Application Gateway switch response buffering off."),
    },
    "google": {
        "max-duration": say(
            "Raise the backend service's `timeoutSec` (30 s, for the whole answer),"
            " on Cloud Run the request timeout."
        ),
        "cached": say("On Cloud CDN use the cache mode USE_ORIGIN_HEADERS."),
    },
    "aws-alb": {
        "idle-timeout": say(
            "Set the attribute `idle_timeout.timeout_seconds=120` (60 by default;"
            " PINGs of HTTP/2 do not count)."
        ),
        "own-login": say("Let the rule authenticate-oidc come after one for /STREAM."),
    },
    "aws-api-gateway": {
        "buffered": say(
            "It waits for the whole answer: use a function URL with response streaming,"
            " or a load balancer."
        ),
        "max-duration": say("It ends an answer after 29 s: serve the stream from elsewhere."),
    },
    "heroku": {
        "idle-timeout": say(
            "Its router cuts after 55 s without a byte and has no setting: send"
            " heartbeats every 25 s or less."
        ),
    },
    "vercel": {
        "max-duration": say(
            "It ends a function at its maxDuration: serve the stream from a host"
            " that runs the server itself."
        ),
    },
    "nextjs": {
        "compressed": say(
            "In next.config.js write `compress: false,` and let the proxy compress pages."
        ),
        "buffered": say(
            'In the route write `export const dynamic = "force-dynamic";` and return'
            " the Response before the work is done."
        ),
    },
    "express": {
        "compressed": say(
            "Leave the stream out of compression(): its option filter returns false"
            " for text/event-stream."
        ),
    },
    "vite": {
        "buffered": say(
            "In server.proxy hold nothing back in configure(); this is a server for"
            " development: compare with what will stand there in production."
        ),
    },
}
