"""Says why an event stream fails on the way between a browser and its server.

The doctor asks from outside, as a browser does, and compares what was sent with what arrived. It
needs neither Django nor a database. Its modules, of which each imports only those below it:

    command      `streamdoctor URL`: inputs reads what was typed, report writes the diagnosis,
                 colours paints it, prometheus writes it for a collector
    findings/    what was seen → what is wrong: verdict asks passage, refusals, copies, headers and
                 ids, each of which turns facts into findings, of a site that the doctor knows
                 pacing and duration, of any other stream holding and lifetime, which go by its
                 pattern; products recognises who stands in the way, remedies and its lines say
                 what to write there, untested what nobody has seen
    probing/     the examination: site_examination of a site that the doctor knows, signed in by
                 signin, with its probes; stream_examination of any other stream, with its
                 stream_probes; watch reads one stream over time, together opens two on one
                 connection, trials finds out what is refused, and all they see becomes facts
    wire/        one request on one connection: origin says where to ask, connection opens sockets
                 and TLS, http1 and http2 speak, client sends as a browser does, coding undoes
                 compression, events reads frames
    site         all that the doctor must be told of a site to know it; `manage.py streamdoctor`
                 tells it of ours
"""
