"""Timings of trimtab beside its peers. `python -m benchmarks --help` is the way in.

The folder is a package so that every worker process can be started with `python -m`; nothing in
trimtab imports it.
"""
