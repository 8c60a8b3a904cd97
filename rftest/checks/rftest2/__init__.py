"""What rftest2 proves, a function each. Its first line of documentation is what the user reads."""
