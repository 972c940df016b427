"""Why a stream fails on the way between a browser and Daphne.

It asks as a browser does, from outside, and compares what was sent with what arrived:

    origin       where to ask; connection: sockets and TLS
    http1, http2 one request on one connection (message: what they share)
    client       requests with cookies; signin: in and out, as a browser does
    events       frames out of bytes; watch: one stream over time
    probes       a few streams side by side; examination: the whole of it  →  facts
    products     what stands in the way, by its fingerprints
    timing       what the times of frames say
    passage, headers, copies, arrival, duration    facts → findings
    verdict      the root cause first; remedies: what to write, and where
    report       for people and for programs
"""
