"""Read shell text: the lexer, and the files and modules that commands use."""
