"""Is the grain size of a volume one population or two? From sizes themselves, without stereology."""
