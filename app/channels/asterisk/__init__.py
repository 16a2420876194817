"""How do we control calls on an Asterisk, over ARI?"""
