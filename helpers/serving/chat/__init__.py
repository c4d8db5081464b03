"""What the two chats share: who is in the chat, what was said, and what is stored of it."""
