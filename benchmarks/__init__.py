"""What recording, differentiating, training and drawing cost: `python -m benchmarks`."""
