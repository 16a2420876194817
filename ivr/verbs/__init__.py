"""Which steps can a flow have? One file, one verb."""
