"""Label maps and tracings as files: read, mended, written; with the formats of other programs."""
