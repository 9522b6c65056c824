"""A page for those who install nothing else: `grainstats serve`, on this machine only."""
