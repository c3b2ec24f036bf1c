"""The facts store: columnar tables in Delta Lake format, read by DuckDB."""
