"""The door to what users bring: folders of articles, and the files that other libraries ship."""
