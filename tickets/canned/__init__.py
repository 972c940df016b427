"""Canned replies: texts that agents keep to answer with, for themselves or for all of them."""
