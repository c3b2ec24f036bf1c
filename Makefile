# Every target is one call of a script that needs only Python: see bootstrap.py.
.PHONY: setup demo serve test test-all check bench lock sbom

setup demo serve check test test-all bench lock sbom:
	@python3 bootstrap.py $@ $(ARGS)
