"""Configuration files: the paths and modules that each format uses."""
