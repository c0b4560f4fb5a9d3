"""Many runs, planned, executed, recorded and resumed."""
