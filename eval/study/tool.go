package study

import (
	"runtime/debug"
)

// Tool names this program: its version, and its revision where the build knows.
func Tool() string {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return "mores"
	}
	s := "mores " + b.Main.Version
	for _, x := range b.Settings {
		switch {
		case x.Key == "vcs.revision":
			s += " " + x.Value[:min(12, len(x.Value))]
		case x.Key == "vcs.modified" && x.Value == "true":
			s += " (modified)"
		}
	}
	return s
}
