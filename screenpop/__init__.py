"""What do agent and supervisor see, live?"""
