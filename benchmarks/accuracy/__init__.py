"""The arena: trimtab's default beside its peers on real tables, by errors on held-out rows."""
