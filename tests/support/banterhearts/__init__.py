"""The repository banterhearts as it stood before patch 13, and how it came to be."""
