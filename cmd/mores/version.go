package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

func (versionCmd) Examples() string {
	return `  mores version
  mores version --json`
}

// version is the module's version, the commit and whether the tree was changed.
func version() (v, commit string, dirty bool) {
	v = "devel"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v, "", false
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value
		case "vcs.modified":
			dirty = s.Value == "true"
		}
	}
	return v, commit, dirty
}

func (versionCmd) Run(a *app) error {
	v, commit, dirty := version()
	if a.JSON {
		return a.result(map[string]any{"version": v, "commit": commit, "dirty": dirty, "go": runtime.Version(), "platform": platform()})
	}
	fmt.Fprintf(a.out, "mores %s %s %s", v, runtime.Version(), platform())
	if commit != "" {
		fmt.Fprintf(a.out, " %.12s", commit)
	}
	if dirty {
		fmt.Fprint(a.out, " (changed)")
	}
	fmt.Fprintln(a.out)
	return nil
}
