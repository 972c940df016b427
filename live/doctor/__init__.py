"""Why a stream fails on the way between a browser and Daphne.

It asks as a browser does, from outside, and compares what was sent with what arrived:

    origin      where to ask
    connection  sockets and TLS; http1, http2: one request on one connection
    client      requests with cookies; events: frames out of bytes; watch: a stream over time
    signin      in and out, as a browser does
    probes      what is tried, each a few streams   →  facts
    products    what stands in the way, by its fingerprints
    timing      what the frames' times say
    verdict     facts → findings, the root cause first; remedies: what to write, and where
    report      for people and for programs
"""
