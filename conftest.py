"""Import the packages before pytest imports their files, which would make second copies of them."""

import autograd
import nn
import viz

__all__ = ["autograd", "nn", "viz"]
