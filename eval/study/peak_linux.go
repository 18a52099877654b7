package study

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
)

// peakStart gives free pages back, resets the high-water mark of the resident set
// and returns the resident set now, in bytes; 0 = not known here. Without giving
// back, a fit that fits into old pages would seem to need nothing.
func peakStart() int64 {
	debug.FreeOSMemory()
	if os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil {
		return 0
	}
	return procStatus("VmRSS:")
}

// peakSince returns by how much the resident set has exceeded start since
// peakStart; 0 = not known here.
func peakSince(start int64) int64 {
	if start == 0 {
		return 0
	}
	return max(procStatus("VmHWM:")-start, 0)
}

// procStatus returns a field of /proc/self/status in bytes, or 0.
func procStatus(field string) int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte(field)); ok {
			kb, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(" kB"))), 10, 64)
			if err != nil {
				return 0
			}
			return kb * 1024
		}
	}
	return 0
}
