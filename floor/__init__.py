"""How would customers, agents and a telephone provider behave, seen from outside?"""
