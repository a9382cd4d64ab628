"""Telling integrators' programs what happened: signed, ids alone, found in revisions: hot paths write nothing."""
