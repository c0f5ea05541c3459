"""What the bytes of one file say, and what that means in one tree."""
