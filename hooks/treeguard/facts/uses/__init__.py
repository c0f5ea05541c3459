"""How each kind of file that is not Python uses code: one module per format."""
