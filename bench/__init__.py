"""The numbers of the live stream, measured beside the plain recipe and a bare Daphne in one run.

python -m bench.numbers --help
"""
