"""The only door to Git: its raw answers, as plain data, or a sentence why not."""
