"""The numbers of the live stream, measured beside other ways to do it, in one run.

python -m bench --help
"""
