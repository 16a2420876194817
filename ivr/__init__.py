"""What does a caller hear, and what can they choose? Flows are data; one step of a flow is one file in verbs/."""
