"""The parts of an engine, which run once per event loop, beside all streams that are open there."""
