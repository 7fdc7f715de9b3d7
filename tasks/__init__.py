"""Prefect's thin view of met: keys in, rows from the store, met, rows to the store, a tally out."""
