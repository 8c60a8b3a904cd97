"""The faults of rfchaos, a function each. Its first line of documentation is what --list shows."""
