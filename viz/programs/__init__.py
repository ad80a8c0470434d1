"""Programs of arrays: the picture of their computation graph, in the notation of slides."""
