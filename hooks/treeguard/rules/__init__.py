"""One file per kind of rule: facts in, findings out."""
