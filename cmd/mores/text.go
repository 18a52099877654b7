package main

import "strings"

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

func list(names []string) string { return strings.Join(names, ", ") }
