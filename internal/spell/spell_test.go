package spell

import "testing"

// The first three distances are the textbook's (Wagner & Fischer 1974 and after); the last is one exchange.
func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"kitten", "sitting", 3}, {"saturday", "sunday", 3}, {"", "abc", 3}, {"abc", "abc", 0}, {"ab", "ba", 1}} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if Distance(c.a, c.b) != Distance(c.b, c.a) {
			t.Errorf("Distance(%q, %q) is not symmetric", c.a, c.b)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"n_clusters", "linkage", "eps", "min_samples"}
	for got, want := range map[string]string{"n_cluster": "n_clusters", "Lnikage": "linkage", "min": "min_samples", "esp": "eps", "colour": ""} {
		if w := Nearest(got, words); w != want {
			t.Errorf("Nearest(%q) = %q, want %q", got, w, want)
		}
	}
}
