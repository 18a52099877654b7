// Command mores is a workbench for behavioural customer segmentation.
//
// It wires the packages together and computes nothing itself. Run it without
// arguments to see a sample study live in the browser; `mores --help` lists the
// commands, each with examples first.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(mores(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
