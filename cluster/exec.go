package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mores-lab/mores/features"
)

var _ = register(&Method{
	Name: "exec",
	Doc: `A command of your own: the matrix goes in, labels come out
The command reads a CSV with a header (id and the columns, scaled as for the other
methods) from standard input and writes a CSV with the columns id and cluster (-1 =
noise) to standard output. MORES_SEED and MORES_WORKERS are in its environment. It
runs with your rights: put nothing there that you would not run yourself.`,
	Version: 1,
	New:     func() Algorithm { return &Exec{Command: []string{}, Timeout: 600} },
	Example: execExample,
})

// Exec runs a command. Its standard error is quoted where it fails. When ctx ends or
// the time is up, the command and what it started are killed.
type Exec struct {
	Command []string `json:"command"` // program and arguments; no shell is involved
	Timeout float64  `json:"timeout"` // seconds; 0 = none
	// Dir is the folder that the command runs in; "" = the working folder. It is no option.
	Dir string `json:"-"`
}

// Sources names the arguments that are files: a script, its settings.
func (a *Exec) Sources() []string {
	var out []string
	for _, arg := range a.Command {
		if !filepath.IsAbs(arg) {
			arg = filepath.Join(a.Dir, arg)
		}
		if s, err := os.Stat(arg); err == nil && s.Mode().IsRegular() {
			out = append(out, arg)
		}
	}
	return out
}

// execTail is how much of standard error an error quotes.
const execTail = 600

// An answer is read up to execFixed + execPerRow·n bytes: an id and a cluster name a row
// take far less, and what never ends must not fill the memory.
const (
	execFixed  = 1 << 20
	execPerRow = 1 << 10
)

// Fit runs the command once.
func (a *Exec) Fit(ctx context.Context, x *features.Matrix, run Run) (*Clustering, error) {
	if _, _, err := ready("exec", x); err != nil {
		return nil, err
	}
	switch {
	case len(a.Command) == 0 || a.Command[0] == "":
		return nil, &OptionError{"exec", "command", a.Command, `a program and its arguments, as ["python3", "mine.py"]`}
	case !(a.Timeout >= 0) || math.IsInf(a.Timeout, 0):
		return nil, &OptionError{"exec", "timeout", a.Timeout, "seconds, 0 = none"}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	outer := ctx
	if a.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(a.Timeout*float64(time.Second)))
		defer cancel()
	}
	name := strings.Join(a.Command, " ")
	fail := func(format string, args ...any) error {
		return &DataError{"exec", name + ": " + fmt.Sprintf(format, args...)}
	}
	cmd := exec.CommandContext(ctx, a.Command[0], a.Command[1:]...)
	cmd.Dir = a.Dir
	cmd.Env = append(os.Environ(), fmt.Sprintf("MORES_SEED=%d", run.Seed), fmt.Sprintf("MORES_WORKERS=%d", run.workers()))
	execGroup(cmd)
	cmd.WaitDelay = 2 * time.Second
	stderr := &execTailBuffer{}
	cmd.Stderr = stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fail("%v", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fail("%v", err)
	}
	if err := cmd.Start(); err != nil {
		if outer.Err() != nil {
			return nil, outer.Err()
		}
		return nil, fail("cannot be started: %v", err)
	}
	go func() {
		// A command may stop reading early: what matters is what it answers.
		_ = execWrite(in, x)
		_ = in.Close()
	}()
	p := labelsParser{method: "exec", source: "the answer of " + name, id: "id", column: "cluster", x: x}
	n, _ := x.Dims()
	c, parseErr := p.parse(ctx, io.LimitReader(out, execFixed+execPerRow*int64(n)))
	if parseErr != nil { // it may be about to say why, or to go on for ever
		kill := time.AfterFunc(cmd.WaitDelay, func() { _ = cmd.Cancel() })
		defer kill.Stop()
	}
	_, _ = io.Copy(io.Discard, out)
	waitErr := cmd.Wait()
	if err := outer.Err(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, fail("no answer within timeout = %g s%s", a.Timeout, stderr)
	}
	var exit *exec.ExitError
	if errors.As(waitErr, &exit) && exit.ExitCode() > 0 {
		return nil, fail("exit status %d%s", exit.ExitCode(), stderr)
	}
	if parseErr != nil {
		if stderr.text() != "" {
			return nil, fmt.Errorf("%w%s", parseErr, stderr)
		}
		return nil, parseErr
	}
	if waitErr != nil {
		return nil, fail("%v%s", waitErr, stderr)
	}
	if err := outer.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// execWrite writes the matrix as CSV: shortest decimals that read back exactly.
func execWrite(to io.Writer, x *features.Matrix) error {
	w := bufio.NewWriterSize(to, 1<<16)
	w.WriteString("id")
	for _, c := range x.Cols {
		w.WriteString("," + csvField(c.Name))
	}
	w.WriteByte('\n')
	n, _ := x.Dims()
	var buf []byte
	for i := range n {
		buf = append(buf[:0], csvField(x.ID(i))...)
		for _, v := range x.Row(i) {
			buf = strconv.AppendFloat(append(buf, ','), v, 'g', -1, 64)
		}
		if _, err := w.Write(append(buf, '\n')); err != nil {
			return err
		}
	}
	return w.Flush()
}

// execTailBuffer keeps the last bytes written to it.
type execTailBuffer struct{ b []byte }

func (t *execTailBuffer) Write(p []byte) (int, error) {
	t.b = append(t.b, p[max(0, len(p)-execTail):]...)
	t.b = t.b[max(0, len(t.b)-execTail):]
	return len(p), nil
}

func (t *execTailBuffer) text() string { return string(bytes.TrimSpace(t.b)) }

func (t *execTailBuffer) String() string {
	if s := t.text(); s != "" {
		return "; it said: " + s
	}
	return ""
}

// Estimate is what the parser needs; the command's own memory is not known.
func (a *Exec) Estimate(n, _ int) Estimate { return Estimate{Bytes: int64(n) * 64} }
