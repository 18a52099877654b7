package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"

	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/datasets/load"
	"github.com/mores-lab/mores/internal/kernel"
)

type doctorCmd struct{}

func (doctorCmd) Examples() string {
	return `  mores doctor
  MORES_DATA=/data mores doctor      also looks for the catalogue's files there`
}

// finding is one line of the doctor's report.
type finding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
	Must bool   `json:"required"`
}

func (doctorCmd) Run(a *app) error {
	fs := []finding{
		{"processors", true, fmt.Sprintf("%d used of %d (%s, %s)", a.Jobs, runtime.NumCPU(), platform(), runtime.Version()), true},
		{"kernels", true, kernel.InUse().String() + map[kernel.Level]string{kernel.Plain: ": Go alone; fits take several times as long as with AVX2 or AVX-512"}[kernel.InUse()], false},
	}
	mem, err := a.maxBytes()
	if err != nil {
		return err
	}
	fs = append(fs, finding{"memory", mem > 1<<30, fmt.Sprintf("%.1f GiB may be used (--max-mem changes it)", float64(mem)/(1<<30)), true})

	tmp, err := os.CreateTemp("", "mores-doctor-*")
	if err == nil {
		tmp.Close()
		os.Remove(tmp.Name())
		fs = append(fs, finding{"temporary files", true, os.TempDir() + " can be written", true})
	} else {
		fs = append(fs, finding{"temporary files", false, err.Error() + "; set TMPDIR to a folder that can be written", true})
	}
	if l, err := net.Listen("tcp", a.Addr); err == nil {
		l.Close()
		fs = append(fs, finding{"page", true, a.Addr + " is free", false})
	} else {
		fs = append(fs, finding{"page", false, err.Error() + "; choose another with --addr 127.0.0.1:0", false})
	}
	browser := ""
	for _, b := range []string{"chromium", "chromium-browser", "google-chrome", "firefox"} {
		if p, err := exec.LookPath(b); err == nil {
			browser = p
			break
		}
	}
	fs = append(fs, finding{"browser", browser != "", either(browser, "none found on PATH: open the printed address in any browser"), false})
	have, all := 0, 0
	for _, s := range datasets.Sources() {
		if s.New != nil || len(s.Files) == 0 {
			continue
		}
		all++
		if _, err := load.Locate(s.Files[0].Path); err == nil {
			have++
		}
	}
	fs = append(fs, finding{"data sets", true, fmt.Sprintf("%d of the catalogue's %d file sets are here (MORES_DATA=%q); the generators need none", have, all, os.Getenv("MORES_DATA")), false})

	bad := false
	for _, f := range fs {
		bad = bad || f.Must && !f.OK
		if a.JSON {
			continue
		}
		mark := "ok  "
		if !f.OK {
			mark = "note"
			if f.Must {
				mark = "FAIL"
			}
		}
		fmt.Fprintf(a.out, "%s  %-16s %s\n", mark, f.What, f.Text)
	}
	if a.JSON {
		if err := a.result(map[string]any{"ok": !bad, "findings": fs}); err != nil {
			return err
		}
	}
	if bad {
		return &failure{exit: exitFindings, code: "findings", err: fmt.Errorf("something that mores needs is missing")}
	}
	return nil
}

func either(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
