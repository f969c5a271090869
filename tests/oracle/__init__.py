"""What is right, worked out without the product."""
