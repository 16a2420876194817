"""Who serves whom?"""
