"""What servers share: the program around them, pages, both transports, bounds and storage."""
