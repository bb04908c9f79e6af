"""What the API says and takes."""
