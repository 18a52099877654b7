// Package browser gives tests a real Chromium.
package browser

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/go-rod/rod"
	"github.com/go-rod/rod/lib/launcher"
	"github.com/go-rod/rod/lib/launcher/flags"
)

// Open starts a headless Chromium with a profile of its own and ends it with the
// test. extra are further command line flags, as "name" or "name=value". Where there
// is no Chromium the test is skipped, or fails if MORES_REQUIRE_CHROMIUM=1.
func Open(t testing.TB, extra ...string) *rod.Browser {
	t.Helper()
	bin := ""
	for _, name := range []string{"chromium", "chromium-browser"} {
		if p, err := exec.LookPath(name); err == nil {
			bin = p
			break
		}
	}
	switch {
	case bin != "":
	case os.Getenv("MORES_REQUIRE_CHROMIUM") == "1":
		t.Fatal("MORES_REQUIRE_CHROMIUM=1 and no chromium on PATH")
	default:
		t.Skip("no chromium on PATH")
	}
	l := launcher.New().Bin(bin).NoSandbox(true).Leakless(false)
	for _, f := range append([]string{
		"disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync",
	}, extra...) {
		k, v, _ := strings.Cut(f, "=")
		l.Set(flags.Flag(k), v)
	}
	url, err := l.Launch()
	if err != nil {
		t.Fatal(err)
	}
	b := rod.New().ControlURL(url)
	if err := b.Connect(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close(); l.Kill(); l.Cleanup() })
	return b
}
