"""The front door: what ``import grainstats as gs`` offers. Ask for the names there, not here."""
