"""Answers -> others: database, exports, optimizer features and suggestions."""
