"""Offered for reading by mistake. SECRET-members-listing"""
