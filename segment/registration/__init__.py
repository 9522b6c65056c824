"""Pictures and fields on one another: brought into register and fused; overlaps and copies found."""
