"""What rfbench measures, a module for each scenario, and what they share."""
