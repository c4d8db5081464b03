"""The engine: it calls an answer safely, and says what came of it."""
