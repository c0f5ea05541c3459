"""One file per output format: a report in, text out."""
