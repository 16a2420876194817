"""How do processes ring each other's bell?"""
