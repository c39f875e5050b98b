"""Pages on this machine that move while something trains: the live view, and its server."""
