package report

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestLook writes every medium into $MORES_LOOK, for people to look at.
func TestLook(t *testing.T) {
	dir := os.Getenv("MORES_LOOK")
	if dir == "" {
		t.Skip("MORES_LOOK names no folder: nobody looks")
	}
	r, err := Build(context.Background(), made{n: 3000, noise: true}.study(t), Options{Dir: "studies/spring", Version: "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, f func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("report.html", func(b *bytes.Buffer) error { return HTML(b, r) })
	write("report.pdf", func(b *bytes.Buffer) error { return PDF(b, r) })
	write("slide.pdf", func(b *bytes.Buffer) error { return Slide(b, r) })
	write("report.md", func(b *bytes.Buffer) error { return Markdown(b, r) })
	write("tables.tex", func(b *bytes.Buffer) error { return LaTeX(b, r) })
	write("ranking.csv", func(b *bytes.Buffer) error { return CSV(b, r, CSVOptions{}) })
	write("terminal.txt", func(b *bytes.Buffer) error { return Terminal(b, r, 100, false) })
	write("terminal-colour.txt", func(b *bytes.Buffer) error { return Terminal(b, r, 140, true) })
	if _, err := WriteIDs(filepath.Join(dir, "ids"), r, CSVOptions{}); err != nil {
		t.Error(err)
	}
}
