"""The shell: lexer, syntax, and the files and modules that commands use."""
