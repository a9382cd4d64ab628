"""Passwords, the keyring, sealing of personal data, and signing of links, forms and tickets."""
