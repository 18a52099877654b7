//go:build !unix

package cluster

import (
	"errors"
	"os/exec"

	"github.com/mores-lab/mores/features"
)

// execGroup leaves the default: the command itself is killed.
func execGroup(*exec.Cmd) {}

func execExample(string, *features.Matrix) (Algorithm, error) {
	return nil, errors.ErrUnsupported
}
