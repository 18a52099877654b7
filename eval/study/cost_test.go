package study

import (
	"runtime"
	"testing"
	"time"
)

// A meter sees time, processor time and memory that is touched; what came before is not
// its own.
func TestMeter(t *testing.T) {
	before := make([]byte, 64<<20)
	for i := 0; i < len(before); i += 4096 {
		before[i] = 1
	}
	m := StartMeter()
	used := make([]byte, 32<<20)
	for i := 0; i < len(used); i += 4096 {
		used[i] = 1
	}
	for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
		used[0]++
	}
	c := m.Stop()
	runtime.KeepAlive(before)
	runtime.KeepAlive(used)
	if c.Seconds < 0.02 || c.Seconds > 10 || c.CPUSeconds <= 0 {
		t.Errorf("%+v", c)
	}
	if !c.PeakKnown {
		t.Skip("this system does not tell the peak of memory")
	}
	if mib := c.PeakBytes >> 20; mib < 25 || mib > 60 {
		t.Errorf("peak of %d MiB, 32 were touched", mib)
	}
}
