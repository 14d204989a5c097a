//! Delimited text (csv, tsv) to rows of cells.
