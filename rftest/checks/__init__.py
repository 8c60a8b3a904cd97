"""What the lab programs prove: a folder for each of them, and what they share."""
