"""What keeps an installation sound: erasing when its time has come, and whether it is alive and ready."""
