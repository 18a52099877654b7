package study

import "time"

// Cost is what a piece of work took.
type Cost struct {
	Seconds    float64
	CPUSeconds float64 // processor time, user and system, of the whole process
	// PeakBytes is by how much the resident set exceeded that at the start.
	PeakBytes int64
	PeakKnown bool // false where the system does not tell
}

// Meter measures a piece of work. It looks at the whole process: one at a time, and
// nothing else beside it.
type Meter struct {
	peak  int64
	cpu   time.Duration
	began time.Time
}

// StartMeter gives free pages back, as a study does before each fit (so that work in
// old pages does not seem to need none), and starts the clocks.
func StartMeter() Meter {
	peak := peakStart()
	return Meter{peak: peak, cpu: cpuTime(), began: time.Now()}
}

// Stop returns what has been used since the start.
func (m Meter) Stop() Cost {
	seconds := time.Since(m.began).Seconds()
	return Cost{
		Seconds: seconds, CPUSeconds: (cpuTime() - m.cpu).Seconds(),
		PeakBytes: peakSince(m.peak), PeakKnown: m.peak != 0,
	}
}
