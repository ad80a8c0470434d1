"""Players: pages in which a walk is stepped through, and walks as files for slides and chats."""
