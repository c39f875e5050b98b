"""Looking into networks: the coach, the probe, uncertainty."""
