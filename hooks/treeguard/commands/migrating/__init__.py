"""What `treeguard migrate` can do: one module each, and how a plan is shown."""
