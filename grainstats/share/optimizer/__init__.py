"""The next experiments from what was made, measured and seen: spaces, models, acquisition, words."""

from grainstats.share.optimizer.space import Space, SpaceError, parse_space, read_space
from grainstats.share.optimizer.suggest import Proposal, Suggested, suggest

__all__ = ["Proposal", "Space", "SpaceError", "Suggested", "parse_space", "read_space", "suggest"]
