"""The subcommands of `treeguard migrate`."""
