"""The work of `grainstats volume`: analysis, files, page."""
