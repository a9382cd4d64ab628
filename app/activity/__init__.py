"""What happens has a name: each change leaves an entry in the audit, in the transaction that makes it."""
