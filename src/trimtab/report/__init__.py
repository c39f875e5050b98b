"""The report page: from plain facts to one HTML file with pictures as SVG, no script needed.

:func:`~trimtab.report.page.page` is all that other rooms use; facts are collected above
(``predictor/reporting/``, ``History.to_html``).
"""
