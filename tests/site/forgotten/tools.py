"""SECRET-forgotten-source"""
