"""Controls under the reader's hands, on one engine; a file bears the name of its step."""
