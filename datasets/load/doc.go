// Package load reads files into logs and tables: our sniffer, DuckDB's parser,
// our casts.
//
// A file is read in five steps, each of which says what it decided:
//
//  1. input.go, encoding.go: compression by its magic bytes, encoding by exclusion.
//  2. dialect.go: delimiter, quote and header from the first MiB.
//  3. scan.go: one pass over the whole file counts records and finds ragged rows,
//     open quotes, huge fields and bytes that are not UTF-8. What DuckDB would not
//     read the same way is rewritten into a temporary file.
//  4. package internal/duck parses it, every column as text; the number of rows
//     must be the one the scan counted. frame.go keeps each column as codes into
//     its distinct values.
//  5. number.go, date.go, mapping.go look at all distinct values of a column, so a
//     decision (is 03/04/2024 in March or April?) rests on the whole column.
//
// What cannot be decided is asked (Ambiguous) with an answer to paste; what is
// wrong is an Error that names file, row, column, value and the fix.
package load
