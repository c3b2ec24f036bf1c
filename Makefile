# Every target is one call of a script that needs only Python: see bootstrap.py.
.PHONY: setup demo serve test test-all check bench lock

setup demo serve check test test-all bench lock:
	@python3 bootstrap.py $@ $(ARGS)
