"""Setting type and drawing QR symbols for everything that is printed or saved as a picture."""
