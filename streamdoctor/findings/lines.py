"""What to write into the configuration of each server that may stand in the way, and into which
part of it. `/STREAM` stands for the path of the stream, SERVER for the server's address; verdict.py
puts them in their place. tests/streamdoctor/test_remedies.py has each of the products that Debian
brings check each line itself. What is to be removed stands in double quotes, never as a line."""

from streamdoctor.findings.remedy import Remedy, lines, say

LOCATION = "the location of /STREAM"
COME_BACK = '{ default_type text/event-stream; return 200 "retry: 2000\\n\\n"; }'

NGINX = {
    "buffered": lines(
        LOCATION,
        "proxy_buffering off;",
        "proxy_http_version 1.1;",
        say='Remove X-Accel-Buffering from "proxy_ignore_headers". With two nginx in'
        " a row the inner one consumes the header: write it in both.",
    ),
    "compressed": lines(
        LOCATION,
        "gzip off;",
        say="Where their modules are, brotli and zstd likewise; or take"
        ' text/event-stream out of "gzip_types", where "*" contains it.',
    ),
    "cached": lines(
        LOCATION,
        "proxy_cache off;",
        "proxy_buffering off;",
        say='Remove Cache-Control from "proxy_ignore_headers", then empty the cache.',
    ),
    "idle-timeout": lines(LOCATION, "proxy_read_timeout 75s;", say="(60 s by default.)"),
    "max-duration": say(
        "It has no limit of a response's duration; look for reloads with a short"
        ' "worker_shutdown_timeout".'
    ),
    "delayed": lines(
        LOCATION, "tcp_nodelay on;", "postpone_output 0;", say='No "limit_rate" for the stream.'
    ),
    "last-event-id-dropped": lines(
        LOCATION,
        "proxy_set_header Last-Event-ID $http_last_event_id;",
        "proxy_pass_request_headers on;",
        say='In "proxy_pass" keep the query: no URI with variables without $is_args$args.',
    ),
    "unauthorized": lines(
        LOCATION,
        "proxy_set_header Cookie $http_cookie;",
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_pass_header Set-Cookie;",
    ),
    "own-login": lines(LOCATION, "auth_basic off;", "auth_request off;"),
    "refused": Remedy(
        (
            (
                "the http block",
                (
                    "limit_conn_zone $binary_remote_addr zone=streams:1m;",
                    "limit_req_zone $binary_remote_addr zone=reconnects:1m rate=20r/s;",
                ),
            ),
            (LOCATION, ("limit_conn streams 50;", "limit_req zone=reconnects burst=50 nodelay;")),
        ),
        "A browser keeps a stream open in each tab and comes back after each break.",
    ),
    "redirected": lines(
        LOCATION, "proxy_set_header Host $http_host;", "proxy_set_header X-Forwarded-Proto $scheme;"
    ),
    "not-event-stream": lines(
        LOCATION, "proxy_pass http://SERVER;", "proxy_set_header Host $http_host;"
    ),
    "no-disconnect": lines(
        LOCATION,
        "proxy_ignore_client_abort off;",
        say='Remove "proxy_cache" and "proxy_store", which read on to the end.',
    ),
    "bad-gateway": lines(
        "the server block",
        "error_page 502 503 504 = @come_back;",
        f"location @come_back {COME_BACK}",
        say='Start the server, and compare its address with "proxy_pass" and "upstream" (the error'
        " log says which). With these lines a deploy closes no EventSource for ever.",
    ),
    "http1-only": lines("the server block", "listen 443 ssl http2;"),
    "few-streams": lines("the server block", "http2_max_concurrent_streams 128;"),
    "header-missing": lines(
        LOCATION,
        "proxy_pass_header X-Accel-Buffering;",
        say='Remove "proxy_hide_header" and "add_header" for these headers.',
    ),
    "stalled": lines(LOCATION, "proxy_socket_keepalive on;"),
    "no-ids": say('Remove "sub_filter" from the location of the stream.'),
}

APACHE = {
    "buffered": lines(
        "the virtual host",
        "ProxyPass /STREAM http://SERVER/STREAM",
        say='This alone holds nothing back. Remove "SetOutputFilter BUFFER" and'
        ' "mod_substitute" for this path.',
    ),
    "compressed": lines("the virtual host", "SetEnvIf Request_URI ^/STREAM no-gzip no-brotli"),
    "cached": lines(
        "the virtual host",
        "CacheDisable /STREAM",
        say='Remove "CacheIgnoreCacheControl" and "CacheStoreNoStore"; empty the cache.',
    ),
    "idle-timeout": lines("the virtual host", "ProxyTimeout 75", say="(60 s by default.)"),
    "last-event-id-dropped": say('Remove "RequestHeader unset Last-Event-ID".'),
    "unauthorized": lines(
        "the virtual host",
        "ProxyPreserveHost On",
        "RequestHeader set X-Forwarded-Proto https",
        say='Remove "RequestHeader unset Cookie" and "Header unset Set-Cookie".',
    ),
    "own-login": lines("<Location /STREAM>", "AuthType None", "Require all granted"),
    "refused": lines(
        "<Location /STREAM>",
        "Require all granted",
        say="Let mod_evasive, mod_qos and mod_security pass this path.",
    ),
    "bad-gateway": lines(
        "the virtual host",
        "ProxyPass /STREAM http://SERVER/STREAM",
        say="Start the server; its address must be this one.",
    ),
    "not-event-stream": lines("the virtual host", "ProxyPass /STREAM http://SERVER/STREAM"),
    "http1-only": lines(
        "the virtual host",
        "Protocols h2 http/1.1",
        say="It needs mod_http2, the event MPM, and TLS.",
    ),
    "few-streams": lines("the virtual host", "H2MaxSessionStreams 100"),
    "header-missing": say('Remove "Header unset" and "Header set" for these headers.'),
    "no-disconnect": say(
        "It looks after its client only when it writes: nothing to set. More"
        " frequent heartbeats let it look more often."
    ),
    "no-ids": say('Remove "mod_substitute" and "mod_sed" for this path.'),
}

PROXY_OF_CADDY = "reverse_proxy"
CADDY = {
    "buffered": lines(
        PROXY_OF_CADDY, "flush_interval -1", say='Remove "response_buffers" and "buffer_responses".'
    ),
    "compressed": lines("the site", "@pages not path /STREAM", "encode @pages zstd gzip"),
    "cached": say('Let "cache" match other paths only; then empty the cache.'),
    "idle-timeout": say(
        'Remove "read_timeout" and "response_header_timeout" from "transport http"'
        ' and "write" from "servers { timeouts }": all are off by default.'
    ),
    "max-duration": say(
        'Remove "write" from "servers { timeouts }" (off by default) and'
        ' "write_timeout" from "transport http".'
    ),
    "delayed": lines(PROXY_OF_CADDY, "flush_interval -1"),
    "last-event-id-dropped": say('Remove "header_up -Last-Event-ID".'),
    "unauthorized": say('Remove "header_up -Cookie" and "header_down -Set-Cookie".'),
    "own-login": lines(
        "the site",
        "@others not path /STREAM",
        say='Give "basicauth" and "forward_auth" this matcher.',
    ),
    "refused": say('Let "rate_limit" match other paths only.'),
    "header-missing": say('Remove "header" and "header_down" for these headers.'),
    "http1-only": say("It speaks HTTP/2 on its own wherever it serves https."),
    "bad-gateway": lines("the site", "reverse_proxy SERVER"),
    "not-event-stream": lines("the site", "reverse_proxy /STREAM SERVER"),
}

HAPROXY = {
    "buffered": lines(
        "the backend",
        "option http-no-delay",
        say='Remove "http-response wait-for-body", "filter compression" and any Lua or'
        " SPOE filter.",
    ),
    "compressed": lines("the frontend", "compression type text/html text/css application/json"),
    "cached": say(
        'Let "http-request cache-use" and "http-response cache-store" stand behind "unless'
        ' { path /STREAM }".'
    ),
    "idle-timeout": lines(
        "the backend",
        "timeout server 75s",
        say='"timeout tunnel" does not count here, for a stream is no tunnel.',
    ),
    "max-duration": say(
        'Look at "timeout http-keep-alive" and a reload with "hard-stop-after"; it'
        " has no other limit of a response's duration."
    ),
    "delayed": lines(
        "the defaults", "option http-no-delay", say="(Else it waits up to 200 ms for more to send.)"
    ),
    "last-event-id-dropped": say(
        'Remove "http-request del-header Last-Event-ID" and any rule that rewrites the query.'
    ),
    "unauthorized": lines(
        "the frontend",
        "http-request set-header X-Forwarded-Proto https if { ssl_fc }",
        say='Remove "http-request del-header Cookie" and "http-response del-header Set-Cookie".',
    ),
    "own-login": say('Let "http-request auth" stand behind "unless { path /STREAM }".'),
    "refused": Remedy(
        (("the frontend", ("maxconn 10000",)), ("the backend", ("timeout queue 5s",))),
        'Let "http-request deny" and "tcp-request connection reject" count the streams'
        " of a browser as what they are; raise the server's own maxconn.",
    ),
    "no-disconnect": lines("the defaults", "option abortonclose"),
    "http1-only": lines("the frontend", "bind :443 ssl crt /etc/ssl/site.pem alpn h2,http/1.1"),
    "few-streams": lines("global", "tune.h2.max-concurrent-streams 100"),
    "header-missing": say('Remove "http-response del-header" and "set-header" for these headers.'),
    "stalled": lines("the backend", "option srvtcpka"),
    "bad-gateway": lines("the backend", "server stream SERVER check"),
}

PIPE = 'if (req.url ~ "^/STREAM") { return (pipe); }'
VARNISH = {
    "buffered": Remedy(
        (
            ("vcl_recv", (PIPE,)),
            ("vcl_backend_response", ("set beresp.do_stream = true;",)),
        ),
        "Either will do.",
    ),
    "compressed": lines(
        "vcl_backend_response", 'if (bereq.url ~ "^/STREAM") { set beresp.do_gzip = false; }'
    ),
    "cached": lines("vcl_recv", PIPE, say="Then ban what is stored."),
    "idle-timeout": lines(
        "the backend",
        ".between_bytes_timeout = 75s;",
        say="(60 s by default.) Start varnishd with -p idle_send_timeout=75.",
    ),
    "max-duration": lines(
        "vcl_recv", PIPE, say="Else -p send_timeout=3600: 600 s for a response by default."
    ),
    "last-event-id-dropped": say('Remove "unset req.http.Last-Event-ID".'),
    "unauthorized": say(
        'Remove "unset req.http.Cookie" and "unset beresp.http.Set-Cookie" for this site\'s paths.'
    ),
    "no-disconnect": lines("vcl_recv", PIPE, say="As a fetch the stream is read to its end."),
    "delayed": lines("vcl_recv", PIPE),
}

LIGHTTPD = {
    "buffered": lines(
        "the configuration",
        "server.stream-response-body = 2",
        say="(0 by default, which waits for the end of the answer.)",
    ),
    "compressed": lines(
        "the configuration", 'deflate.mimetypes = ( "text/html", "text/css", "text/javascript" )'
    ),
    "idle-timeout": lines(
        "the configuration",
        "server.max-write-idle = 360",
        say='Remove "read-timeout" and "write-timeout" from "proxy.server".',
    ),
    "few-streams": say("It allows eight streams a connection and has no setting for it."),
    "http1-only": lines(
        "the configuration", 'server.feature-flags += ( "server.h2proto" => "enable" )'
    ),
}

H2O = {
    "idle-timeout": lines(
        "the path of /STREAM", "proxy.timeout.io: 75000", say="(Milliseconds; 30 s by default.)"
    ),
    "compressed": lines("the path of /STREAM", "compress: OFF"),
    "few-streams": lines("the top level", "http2-max-concurrent-requests-per-connection: 100"),
    "bad-gateway": lines("the path of /STREAM", 'proxy.reverse.url: "http://SERVER/STREAM"'),
    "unauthorized": lines("the path of /STREAM", "proxy.preserve-host: ON"),
}

SQUID = {
    "buffered": lines(
        "squid.conf",
        "read_ahead_gap 16 KB",
        say="No ICAP or eCAP service for the stream's path: it waits for the whole.",
    ),
    "cached": lines("squid.conf", "acl streams urlpath_regex ^/STREAM", "cache deny streams"),
    "idle-timeout": lines("squid.conf", "read_timeout 15 minutes"),
    "refused": lines(
        "squid.conf", "acl streams urlpath_regex ^/STREAM", "http_access allow streams"
    ),
}
