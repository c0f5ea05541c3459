"""Set up, check and inspect a repository: install, doctor, init, audit."""
