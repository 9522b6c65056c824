"""One job from end to end: recipe, batch, report, command line."""
