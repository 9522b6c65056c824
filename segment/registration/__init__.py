"""Several pictures of one field: brought into register, their boundaries fused."""
