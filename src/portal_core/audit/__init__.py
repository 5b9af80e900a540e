"""Reading the record of what happened. Writing it is `emit`, and nothing else."""
