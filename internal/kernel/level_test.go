package kernel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// atEachLevel runs f at every level that this processor has.
func atEachLevel(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	was := level
	defer func() { level = was }()
	for l := Plain; l <= best(); l++ {
		level = l
		t.Run(l.String(), f)
	}
}

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		have Level
		name string
		want Level
	}{
		{AVX512, "", AVX512},
		{AVX512, "avx2", AVX2},
		{AVX512, "plain", Plain},
		{AVX2, "avx512", AVX2},
		{Plain, "avx2", Plain},
		{AVX512, "sse", AVX512},
	} {
		if got := limit(c.have, c.name); got != c.want {
			t.Errorf("limit(%v, %q) = %v, want %v", c.have, c.name, got, c.want)
		}
	}
}

// A function that leaves the upper halves of vector registers dirty makes Go's scalar
// arithmetic up to ten times slower until something clears them.
func TestVZEROUPPER(t *testing.T) {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) == 0 {
		t.Fatal("no assembly found", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name, last, returns := "", "", 0
		end := func() {
			if name != "" && returns == 0 {
				t.Errorf("%s: %s never returns", file, name)
			}
		}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			switch {
			case strings.HasPrefix(line, "TEXT "):
				end()
				name, returns = strings.Fields(line)[1], 0
			case line == "RET":
				returns++
				if last != "VZEROUPPER" {
					t.Errorf("%s: %s returns without VZEROUPPER", file, name)
				}
			}
			if line != "" && !strings.HasPrefix(line, "//") {
				last = line
			}
		}
		end()
	}
}
