"""The door through which people look: pages over the store, served to a browser or written into a folder."""
