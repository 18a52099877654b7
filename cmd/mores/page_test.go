package main

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mores-lab/mores/internal/browser"
)

// TestFirstStart is what a newcomer does: the program without arguments, the
// printed address in a browser, and a scored run on the page. Its log says how long
// that took; nothing is asserted of the time.
func TestFirstStart(t *testing.T) {
	chromium := browser.Open(t)
	command := []string{os.Args[0]}
	if c := os.Getenv("MORES_FIRST_START"); c != "" { // go run ./cmd/mores, in a fresh clone
		command = strings.Fields(c)
	}
	t0 := time.Now()
	cmd := exec.Command(command[0], append(command[1:], "--addr", "127.0.0.1:0")...)
	cmd.Env = append(os.Environ(), "MORES_MAIN=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { // the group: go run does not hand a signal on
		syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		cmd.Wait()
	}()
	url := ""
	for s := bufio.NewScanner(out); url == "" && s.Scan(); {
		url = regexp.MustCompile(`http://\S+`).FindString(s.Text())
	}
	if url == "" {
		t.Fatal("no address was printed")
	}
	t.Logf("address after %.1f s", time.Since(t0).Seconds())
	page := chromium.MustPage(url).Timeout(3 * time.Minute)
	score := page.MustElementR("td.score.top, td.score", `\d\.\d{3}`)
	t.Logf("first scored run on the page after %.1f s: %s", time.Since(t0).Seconds(), score.MustText())
	if text := page.MustElement("body").MustText(); !strings.Contains(strings.ToLower(text), "simulated") {
		t.Error("the sample is not marked as simulated")
	}
	page.MustElementR("body", `120 runs`)
	t.Logf("all 120 runs, still to be judged, after %.1f s", time.Since(t0).Seconds())
}
