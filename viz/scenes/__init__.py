"""The one picture as data, and what is made of it: SVG, PNG, PDF and pages."""
