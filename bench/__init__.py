"""The bench measures the live stream beside other ways to do it, in one run.

python -m bench --help
"""
