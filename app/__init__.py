"""How do the rooms touch the world?"""
