"""How does each channel or provider reach us?"""
