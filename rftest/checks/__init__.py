"""What the tests prove, a function each. Its first line of documentation is what the user reads."""
