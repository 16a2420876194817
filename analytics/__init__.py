"""What happened, and what should change?"""
