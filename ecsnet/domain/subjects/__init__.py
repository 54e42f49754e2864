"""The subjects, one a module: lifecycle, rules, and how each command is decided and each event folded."""
