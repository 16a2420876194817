"""What do we remember, and how is it written?"""
