"""From a source's files to articles, figures with their images, panels, modalities and duplicates."""
