"""Flows and the command line: composition only, each file reads as a table of contents."""
