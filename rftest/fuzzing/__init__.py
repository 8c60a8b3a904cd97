"""What rftest/fuzz is made of: the program with the targets, a campaign against one of them, and the account."""
