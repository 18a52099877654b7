package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mores-lab/mores/datasets/load"
)

// TestAsk answers the questions about a file without a header as a person would at
// the terminal, and reads it by the answers.
func TestAsk(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, "%05d 1997%02d%02d %d %d.50\n", i%8, 1+i%12, 1+i%28, 1+i%3, 5+i)
	}
	path := write(t, "plain.txt", b.String())
	_, _, err := load.Events(context.Background(), []string{path}, load.Options{})
	var amb *load.Ambiguous
	if !errors.As(err, &amb) {
		t.Fatalf("a file without a header is read without a question: %v", err)
	}
	var said bytes.Buffer
	a := &app{in: strings.NewReader(strings.Repeat("1\n", len(amb.Questions))), out: &said, err: &said}
	log, rep, err := a.answered(context.Background(), []string{path}, load.Options{}, amb)
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	if log.NumCustomers() != 8 || log.NumEvents() != 40 || rep.Mapping.Columns["customer"] != "#1" {
		t.Errorf("%s, %v", log, rep.Mapping.Columns)
	}
	for _, q := range amb.Questions {
		if !strings.Contains(said.String(), q.Text) {
			t.Errorf("%q was not asked", q.Text)
		}
	}
	// An answer that is none of them is refused.
	a.in = strings.NewReader("9\n")
	if _, err := a.ask(amb); err == nil {
		t.Error("answer 9 was taken")
	}
}
