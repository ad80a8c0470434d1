"""The one picture: what stands where in it, and what is made of that: SVG, PNG and PDF."""
