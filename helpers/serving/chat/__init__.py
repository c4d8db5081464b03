"""What the two chats share: who somebody is, what was said, and what is stored of it."""
