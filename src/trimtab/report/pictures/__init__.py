"""Pictures of a report, as SVG: one function for each, from plain facts to markup."""
