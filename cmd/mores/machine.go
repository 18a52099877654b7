package main

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// memoryAvailable is the memory this process may still use: what the kernel
// calls available, bounded by the control group's limit; 8 GiB where neither says.
func memoryAvailable() int64 {
	avail := int64(8 << 30)
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if rest, ok := strings.CutPrefix(s.Text(), "MemAvailable:"); ok {
				if kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err == nil {
					avail = kb << 10
				}
			}
		}
	}
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil {
			avail = min(avail, limit)
		}
	}
	return avail
}

// peakRSS is the process's peak resident memory in bytes, 0 where it is not known.
func peakRSS() int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kb << 10
		}
	}
	return 0
}

func platform() string { return runtime.GOOS + "/" + runtime.GOARCH }
