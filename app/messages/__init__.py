"""Telling people: announcements become messages and go out by the channels people chose; the bot; texts to paste."""
