"""Which options of `train` help: paired trials on tables; see :mod:`benchmarks.study.cli`."""
