// Package report tells what a study found: one Report, built once from a study's
// journal and arrays, and one front end a medium (Terminal, CSV, Markdown, LaTeX,
// HTML, PDF, Slide), besides the ids of every segment as files.
//
// A Report is a list of sections of paragraphs, tables, figures and cards. Front
// ends only lay it out, so every medium says the same and prints the same digits.
// Names come from the user's data and are hostile until escaped: each front end
// escapes for its own medium (see escape.go), never the Report.
package report
