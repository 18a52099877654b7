//go:build unix

package ledger

import (
	"bufio"
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/eval/study"
	"github.com/mores-lab/mores/internal/check"
)

// startChild starts a process that does the small study; what "_HOLD" waits for its end,
// "_JUDGE" does the judged study.
func startChild(t testing.TB, dir, what string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	if what != "" {
		cmd.Env = append(cmd.Env, childDir+what+"=1")
	}
	var out bytes.Buffer
	cmd.Stderr = &out
	return cmd, &out
}

// doneRuns reads which runs a folder's journal calls finished, as bytes, without
// the ledger's own reader.
func doneRuns(t testing.TB, dir string) map[string]int {
	b, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	out := map[string]int{}
	for line := range bytes.Lines(b) {
		if e, err := study.ParseLine(bytes.TrimSuffix(line, []byte("\n"))); err == nil && (e.Event == study.RunDone || e.Event == study.RunFailed) {
			out[e.Run]++
		}
	}
	return out
}

// killAndResume kills studies at random moments until there were that many kills,
// finishing each, and compares what is left with an undisturbed one.
func killAndResume(t *testing.T, kills int, what string, runs int) {
	ref := filepath.Join(t.TempDir(), "ref")
	cmd, out := startChild(t, ref, what)
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	whole := time.Since(began)
	want := essence(t, ref)
	if n := len(doneRuns(t, ref)); n != runs {
		t.Fatalf("%d runs, want %d", n, runs)
	}
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d; an undisturbed study takes %v", seed, whole)
	tables := tableEssence(t, ref)
	judged, parts := strings.Contains(want["journal"], `"event":"verdict"`), 0
	if judged != (what == "_JUDGE") {
		t.Fatal("the study's judgement is missing, or should not be there")
	}
	for killed, studies := 0, 0; killed < kills; studies++ {
		if studies > 20*kills {
			t.Fatalf("%d kills in %d studies", killed, studies)
		}
		dir := filepath.Join(t.TempDir(), "s")
		var before map[string]int
		for {
			cmd, out := startChild(t, dir, what)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(rng.Int64N(int64(whole))), func() { cmd.Process.Kill() })
			err := cmd.Wait()
			timer.Stop()
			after := doneRuns(t, dir)
			for run := range before {
				if after[run] != 1 {
					t.Fatalf("run %s was finished before the kill and is there %d times after it", run, after[run])
				}
			}
			before = after
			if err == nil {
				break
			}
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Exited() {
				t.Fatalf("%v: %s", err, out)
			}
			killed++
			if b, err := os.ReadFile(filepath.Join(dir, keptFile)); err == nil && len(b) > 0 {
				parts++
			}
		}
		sameEssence(t, "after kills", essence(t, dir), want)
		if _, err := os.Stat(filepath.Join(dir, keptFile)); err == nil {
			t.Errorf("a finished study has a %s", keptFile)
		}
		if studies == 0 {
			sameEssence(t, "tables after kills", tableEssence(t, dir), tables)
		}
	}
}

func TestKilledStudiesResumeToTheSameBytes(t *testing.T) {
	kills := 20
	if testing.Short() { // under the race detector
		kills = 3
	}
	killAndResume(t, kills, "", smallRuns)
}

// A killed judgement ends in the same bytes, and leaves nothing of itself behind.
func TestKilledJudgementsResumeToTheSameBytes(t *testing.T) {
	kills := 8
	if testing.Short() {
		kills = 2
	}
	killAndResume(t, kills, "_JUDGE", judgedRuns)
}

func TestKilledJudgementsResumeToTheSameBytes200(t *testing.T) {
	check.Long(t)
	killAndResume(t, 200, "_JUDGE", judgedRuns)
}

func TestKilledStudiesResumeToTheSameBytes500(t *testing.T) {
	check.Long(t)
	killAndResume(t, 500, "", smallRuns)
}

func TestSecondWriterIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "s")
	cmd, _ := startChild(t, dir, "_HOLD")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "locked\n" {
		t.Fatalf("%q, %v", line, err)
	}
	began := time.Now()
	_, err = Create(dir, smallStudy(2))
	var locked *ErrLocked
	if !errors.As(err, &locked) || locked.PID != cmd.Process.Pid {
		t.Fatalf("a second writer got %v", err)
	}
	if d := time.Since(began); d > 200*time.Millisecond {
		t.Errorf("refused after %v", d)
	}
	if !strings.Contains(err.Error(), "S003: study "+dir+" is being written by pid ") || !strings.Contains(err.Error(), "(alive)") {
		t.Errorf("message: %v", err)
	}
	r, err := Open(dir)
	if err != nil || !r.Live() {
		t.Errorf("a reader is refused, or does not see the writer: %v", err)
	}
	// The writer dies: its lock is stale whatever the file says.
	cmd.Process.Kill()
	cmd.Wait()
	if r.Live() {
		t.Error("a killed writer counts as alive")
	}
	f, err := Create(dir, smallStudy(2))
	if err != nil {
		t.Fatalf("a stale lock is not reclaimed: %v", err)
	}
	f.Close()
}
