"""Regions of interest in original pixel coordinates."""
