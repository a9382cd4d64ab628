"""The gate: pairing phones, judging scans, counting who is inside."""
