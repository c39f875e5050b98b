"""Counting cores prints nothing, whatever joblib has to say about it."""

import sys
import warnings

import joblib

from trimtab.core.physical_cores import remember_physical_cores


def test_nothing_is_printed_or_warned(monkeypatch, capsys):
    asked = []

    def loud(**how):
        asked.append(how)
        print("Traceback: no lscpu", file=sys.stderr)
        warnings.warn("no physical cores", stacklevel=1)
        return 2

    monkeypatch.setattr(joblib, "cpu_count", loud)
    remember_physical_cores.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        remember_physical_cores()
        remember_physical_cores()
    assert asked == [{"only_physical_cores": True}]
    assert capsys.readouterr().err == ""
    remember_physical_cores.cache_clear()
