"""What to write, and where: for the product in the way, else the general rule.

Versions matter where a directive is newer than Debian's; then the line says from which on.
"""

from live.doctor.products import DAPHNE, label

NGINX_BUFFERED = (
    "nginx: in `location = /api/user/stream { … }` write `proxy_buffering off;` and"
    " `proxy_http_version 1.1;`, and remove X-Accel-Buffering from `proxy_ignore_headers`. With"
    " two nginx in a row the inner one consumes the header: write it in both."
)

PRODUCTS: dict[tuple[str, str], str] = {
    ("buffered", "nginx"): NGINX_BUFFERED,
    ("buffered", "apache"): "Apache: for this path write no `SetOutputFilter`, `mod_buffer`"
    " (`SetOutputFilter BUFFER`) or `mod_substitute`; `ProxyPass /api/user/stream"
    " http://DAPHNE/api/user/stream` alone holds nothing back.",
    ("buffered", "caddy"): "Caddy: in `reverse_proxy /api/user/stream DAPHNE { … }` write"
    " `flush_interval -1`, keep `request_buffers`/`response_buffers` off, and let `encode` match"
    " other paths only: `@pages not path /api/user/stream` and `encode @pages gzip zstd`.",
    ("buffered", "haproxy"): "HAProxy: in the backend of the stream write `option http-no-delay`,"
    " and remove `option http-buffer-response`, `filter compression` and any Lua or SPOE filter.",
    ("buffered", "traefik"): "Traefik: take the `buffering` and `compress` middlewares off the"
    " router of the stream; `responseForwarding.flushInterval: -1` on its service.",
    ("buffered", "varnish"): "Varnish: in vcl_recv write `if (req.url ~ \"^/api/user/stream\")"
    " { return (pipe); }`, and leave `beresp.do_stream` true.",
    ("buffered", "envoy"): "Envoy: disable `envoy.filters.http.buffer` (and the compressor) on the"
    " route /api/user/stream by `typed_per_filter_config: { disabled: true }`.",
    ("buffered", "cloudflare"): "Cloudflare: switch Response Buffering off (Enterprise: Speed), and"
    " a tunnel (cloudflared) of the quick kind, which buffers until the end, against a named one.",
    ("buffered", "cloudfront"): "CloudFront: give /api/user/stream a behaviour of its own with"
    " CachingDisabled, AllViewer and `Compress objects automatically: No`.",
    ("compressed", "nginx"): "nginx: in `location = /api/user/stream { … }` write `gzip off;`"
    " (also `brotli off;`, `zstd off;` where their modules are), or take text/event-stream out of"
    " `gzip_types`, where `*` contains it.",
    ("compressed", "apache"): "Apache: write `SetEnvIf Request_URI ^/api/user/stream no-gzip"
    " no-brotli`, or take text/event-stream out of `AddOutputFilterByType DEFLATE`.",
    ("compressed", "caddy"): "Caddy: write `@pages not path /api/user/stream` and"
    " `encode @pages zstd gzip`, or take text/event-stream out of its `match` block.",
    ("compressed", "haproxy"): "HAProxy: take text/event-stream out of `compression type`, or, if"
    " there is no such line, write one without it: `compression type text/html text/css"
    " application/javascript application/json`.",
    ("compressed", "traefik"): "Traefik: on the compress middleware write `excludedContentTypes:"
    " [text/event-stream]`; where the version looks at the request's type only, take the"
    " middleware off the stream's router.",
    ("compressed", "varnish"): "Varnish: in vcl_backend_response write `if (bereq.url ~"
    " \"^/api/user/stream\") { set beresp.do_gzip = false; }`, or pipe the stream.",
    ("compressed", "envoy"): "Envoy: take text/event-stream out of the compressor's `content_type`,"
    " or disable the filter on this route.",
    ("compressed", "cloudflare"): "Cloudflare: write a Compression Rule `URI Path equals"
    " /api/user/stream` → `Disable compression`, and let `Cache-Control: no-transform` through.",
    ("compressed", "cloudfront"): "CloudFront: on the behaviour of /api/user/stream set `Compress"
    " objects automatically: No`.",
    ("cached", "nginx"): "nginx: in `location = /api/user/stream { … }` write `proxy_cache off;`"
    " and `proxy_buffering off;`, and remove Cache-Control and X-Accel-Buffering from"
    " `proxy_ignore_headers`. Then empty the cache.",
    ("cached", "apache"): "Apache: write `CacheDisable /api/user/stream`, and remove"
    " `CacheIgnoreCacheControl` and `CacheStoreNoStore`. Then empty the cache.",
    ("cached", "caddy"): "Caddy: let the `cache` handler match other paths only:"
    " `@pages not path /api/user/stream`. Then empty the cache.",
    ("cached", "haproxy"): "HAProxy: write `http-request cache-use NAME unless { path"
    " /api/user/stream }` and `http-response cache-store` likewise.",
    ("cached", "varnish"): "Varnish: in vcl_recv write `if (req.url ~ \"^/api/user/stream\")"
    " { return (pipe); }`, and ban what is stored: `varnishadm ban 'req.url ~ ^/api/user/stream'`.",
    ("cached", "cloudflare"): "Cloudflare: write a Cache Rule `URI Path equals /api/user/stream` →"
    " `Bypass cache`, above any `Cache everything`; then purge that URL.",
    ("cached", "cloudfront"): "CloudFront: give /api/user/stream the policies CachingDisabled and"
    " AllViewer, and invalidate the path.",
    ("cached", "bunny"): "bunny.net: write an Edge Rule for */api/user/stream* with `Override cache"
    " time: 0` and `Bypass Perma-Cache`, set `Respect origin Cache-Control`, and purge.",
    ("idle-timeout", "nginx"): "nginx: in `location = /api/user/stream { … }` write"
    " `proxy_read_timeout 75s;` (default 60 s, between two reads).",
    ("idle-timeout", "apache"): "Apache: write `ProxyPass /api/user/stream"
    " http://DAPHNE/api/user/stream timeout=75` or `ProxyTimeout 75` (default: `Timeout`, 60 s).",
    ("idle-timeout", "caddy"): "Caddy: in `transport http { … }` of reverse_proxy remove"
    " `read_timeout` and `response_header_timeout`, and `servers { timeouts { write … } }`"
    " (all off by default).",
    ("idle-timeout", "haproxy"): "HAProxy: in the backend of the stream write `timeout server 75s`"
    " (`timeout tunnel` does not count here, for an event stream is no tunnel).",
    ("idle-timeout", "traefik"): "Traefik: on the entry point write"
    " `transport.respondingTimeouts.writeTimeout: 0s` and `idleTimeout: 180s`.",
    ("idle-timeout", "varnish"): "Varnish: on the backend write `.between_bytes_timeout = 75s;`"
    " (default 60 s), and start varnishd with `-p idle_send_timeout=75`.",
    ("idle-timeout", "envoy"): "Envoy: on the route write `idle_timeout: 0s` (stream_idle_timeout"
    " is 5 min by default) and `timeout: 0s`.",
    ("idle-timeout", "cloudflare"): "Cloudflare cuts after 100 s without a byte; lower"
    " LIVE_HEARTBEAT_SECONDS below what was measured.",
    ("idle-timeout", "aws-alb"): "AWS ALB: set the attribute `idle_timeout.timeout_seconds=120`"
    " (default 60; HTTP/2 PING does not count).",
    ("idle-timeout", "cloudfront"): "CloudFront: raise the origin's response timeout (default 30 s,"
    " between two packets), and keep LIVE_HEARTBEAT_SECONDS at 25 or less.",
    ("idle-timeout", "heroku"): "Heroku's router cuts after 55 s without a byte and has no setting:"
    " keep LIVE_HEARTBEAT_SECONDS at 25 or less.",
    ("max-duration", "nginx"): "nginx has no limit of a response's duration: start Daphne without"
    " `--http-timeout`, and look for reloads with a short `worker_shutdown_timeout`.",
    ("max-duration", "caddy"): "Caddy: remove `write` from `servers { timeouts { … } }`"
    " (off by default), and `write_timeout` from `transport http`.",
    ("max-duration", "haproxy"): "HAProxy: look at `timeout http-keep-alive` and a reload with"
    " `hard-stop-after`; it has no other limit of a response's duration.",
    ("max-duration", "traefik"): "Traefik: on the entry point write"
    " `transport.respondingTimeouts.writeTimeout: 0s`.",
    ("max-duration", "varnish"): "Varnish: pipe the stream, or raise `-p send_timeout=3600`"
    " (default 600 s for a whole response).",
    ("max-duration", "envoy"): "Envoy/Istio: on the route write `timeout: 0s` (default 15 s, not"
    " compatible with streams) and no `max_stream_duration`.",
    ("max-duration", "vercel"): "Vercel ends a function at its `maxDuration`: serve the stream from"
    " a host that runs Daphne itself.",
    ("max-duration", "cloudfront"): "CloudFront: unset the origin's response completion timeout.",
    ("max-duration", DAPHNE): "Daphne: start it without `--http-timeout`, which limits the whole"
    " response, streams too.",
    ("delayed", "haproxy"): "HAProxy: in the defaults, or in the frontend and the backend of the"
    " stream, write `option http-no-delay` (else it waits up to 200 ms for more to send).",
    ("delayed", "nginx"): "nginx: write `tcp_nodelay on;` and no `postpone_output` or `limit_rate`"
    " for the stream.",
    ("delayed", "caddy"): "Caddy: in reverse_proxy write `flush_interval -1`.",
    ("delayed", "traefik"): "Traefik: on the service write `responseForwarding.flushInterval: -1`"
    " (default 100 ms where it does not see an event stream).",
    ("last-event-id-dropped", "nginx"): "nginx: remove `proxy_set_header Last-Event-ID …` and"
    " `proxy_pass_request_headers off`; in proxy_pass, keep the query: no URI with variables"
    " without `$is_args$args`.",
    ("last-event-id-dropped", "apache"): "Apache: remove `RequestHeader unset Last-Event-ID`.",
    ("last-event-id-dropped", "caddy"): "Caddy: remove `header_up -Last-Event-ID`.",
    ("last-event-id-dropped", "haproxy"): "HAProxy: remove `http-request del-header Last-Event-ID`"
    " and any rule that rewrites the query.",
    ("last-event-id-dropped", "cloudfront"): "CloudFront: use the origin request policy AllViewer,"
    " which forwards all headers, cookies and the query.",
    ("unauthorized", "nginx"): "nginx: remove `proxy_set_header Cookie …`,"
    " `proxy_pass_request_headers off` and `proxy_hide_header Set-Cookie`; write"
    " `proxy_set_header Host $http_host;` and `proxy_set_header X-Forwarded-Proto $scheme;`.",
    ("unauthorized", "apache"): "Apache: remove `RequestHeader unset Cookie` and `Header unset"
    " Set-Cookie`; write `ProxyPreserveHost On` and `RequestHeader set X-Forwarded-Proto"
    " \"https\"`.",
    ("unauthorized", "caddy"): "Caddy: remove `header_up -Cookie` and `header_down -Set-Cookie`.",
    ("unauthorized", "haproxy"): "HAProxy: remove `http-request del-header Cookie` and"
    " `http-response del-header Set-Cookie`.",
    ("unauthorized", "varnish"): "Varnish: remove `unset req.http.Cookie` and `unset"
    " beresp.http.Set-Cookie` for this site's paths.",
    ("unauthorized", "cloudfront"): "CloudFront: use the origin request policy AllViewer, which"
    " forwards cookies.",
    ("no-disconnect", "nginx"): "nginx: remove `proxy_ignore_client_abort on` (off by default), and"
    " `proxy_cache` and `proxy_store`, which read on to the end for their own sake.",
    ("no-disconnect", "apache"): "Apache looks after its client only when it writes: nothing"
    " to set. A lower LIVE_HEARTBEAT_SECONDS lets it look more often.",
    ("no-disconnect", "haproxy"): "HAProxy: write `option abortonclose` in the defaults, so"
    " that it holds for the frontend and the backend.",
    ("no-disconnect", "varnish"): "Varnish: pipe the stream; as a fetch it is read to its end.",
    ("header-missing", "nginx"): "nginx: remove `proxy_hide_header` (or `add_header`/`expires`) for"
    " this header in the location of the stream; it needs none of its own.",
    ("header-missing", "apache"): "Apache: remove `Header unset`/`Header set` (and mod_expires) for"
    " this header.",
    ("header-missing", "caddy"): "Caddy: remove `header`/`header_down` lines for this header.",
    ("header-missing", "haproxy"): "HAProxy: remove `http-response del-header`/`set-header` for"
    " this header.",
    ("http1-only", "nginx"): "nginx up to 1.25.0: `listen 443 ssl http2;`; from 1.25.1 on"
    " `listen 443 ssl;` and `http2 on;`.",
    ("http1-only", "apache"): "Apache: `a2enmod http2`, the event MPM, and `Protocols h2 http/1.1`"
    " in the virtual host with TLS.",
    ("http1-only", "haproxy"): "HAProxy: `bind :443 ssl crt FILE alpn h2,http/1.1`.",
    ("http1-only", "caddy"): "Caddy speaks HTTP/2 on its own wherever it serves https.",
    ("bad-gateway", "nginx"): "Start Daphne, and compare its address with nginx' `proxy_pass` and"
    " `upstream` (the error log says which). For deploys: `error_page 502 503 504 = @sse_retry;`,"
    " which answers 200 text/event-stream with `retry:`, for any other answer closes an"
    " EventSource for ever.",
}  # fmt: skip

GENERAL: dict[str, str] = {
    "unreachable": "Check the name, the port, the firewall, and that the front server runs and"
    " listens there.",
    "tls": "Install a certificate that names this host, is in date and comes with its"
    " intermediate certificates.",
    "bad-gateway": "Start Daphne, and give the proxy the address that it listens on.",
    "redirected": "Answer /api/user/stream itself, without a redirect, at the address people use."
    " Where TLS ends at a proxy: `proxy_set_header X-Forwarded-Proto $scheme;` (or its like) and"
    " TRUST_PROXY_HEADERS=1, else SECURE_SSL_REDIRECT goes in circles.",
    "unauthorized": "Pass Cookie and Set-Cookie unchanged, pass Host as it came, and say the scheme"
    " in X-Forwarded-Proto (with TRUST_PROXY_HEADERS=1) or in CSRF_TRUSTED_ORIGINS.",
    "not-event-stream": "Route /api/user/stream to Daphne, with its path, Host, type and status"
    " unchanged.",
    "buffered": "Pass each piece of a text/event-stream on as it comes: no response buffering, no"
    " filter that collects a body, on /api/user/stream; at every proxy in the row.",
    "compressed": "Leave text/event-stream out of compression, everywhere on the way.",
    "cached": "Never cache /api/user/stream: honour `Cache-Control: no-cache`, and empty what is"
    " stored.",
    "idle-timeout": "Allow /api/user/stream at least 75 s between two bytes, at every proxy and"
    " load balancer on the way; or set LIVE_HEARTBEAT_SECONDS well below what was measured.",
    "max-duration": "Take the limit of a response's whole duration off /api/user/stream.",
    "no-heartbeat": "Look at /readyz and the server's log: a heartbeat is sent only while the"
    " process can read the log in its database. If it is well, something on the way filters"
    " events out.",
    "last-event-id-dropped": "Pass the request header Last-Event-ID and the query on unchanged.",
    "delayed": "Pass each piece on at once: no delayed or corked sending (TCP_NODELAY) for"
    " text/event-stream.",
    "header-missing": "Pass the headers of /api/user/stream on unchanged.",
    "http1-only": "Serve the site over https with HTTP/2.",
    "no-disconnect": "Close the connection to Daphne when the client has left.",
}

OWN = "It is the same on the direct way: the cause is the server itself, not what stands before it."

NEXT = (
    "If that is so already, it is the next proxy in the row: --direct with its address tells which."
)

# Seconds of silence after which products cut by default.
IDLE_DEFAULTS = {
    30: "CloudFront's response timeout, or HAProxy's usual `timeout server`",
    50: "Debian's HAProxy `timeout server`",
    55: "Heroku's router",
    60: "nginx' proxy_read_timeout, Apache's Timeout, an AWS ALB, or Varnish's"
    " between_bytes_timeout",
    100: "Cloudflare",
    300: "Envoy's stream_idle_timeout",
}
DURATION_DEFAULTS = {
    15: "Envoy's route timeout",
    300: "Vercel's function duration",
    600: "Varnish's send_timeout",
}


def remedy(code: str, path: list[str]) -> str:
    """The lines for what stands in the way, the nearest to the client first."""
    known = [
        line
        for product in path
        if (line := PRODUCTS.get((code, _family(product)))) and label(product) != DAPHNE
    ]
    return " ".join([*known, NEXT]) if known else GENERAL[code]


def default_of(seconds: float, defaults: dict[int, str]) -> str:
    """Whose default a measured limit is."""
    for limit, product in defaults.items():
        if abs(seconds - limit) <= max(1.0, limit * 0.03):
            return f"; {limit} s is the default of {product}"
    return ""


def _family(product: str) -> str:
    name = label(product)
    return "nginx" if name in ("openresty", "tengine") else name
