package digits

import "testing"

func TestGroup(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "0": "0", "999": "999", "1000": "1,000", "-1000": "-1,000", "23570.25": "23,570.25", "0.1234567": "0.1234567", "1234567": "1,234,567",
	} {
		if got := Group(in); got != want {
			t.Errorf("Group(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Int(int64(-2500315)); got != "-2,500,315" {
		t.Errorf("Int = %q", got)
	}
}
