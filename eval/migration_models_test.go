package eval

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mores-lab/mores/cluster"
	"github.com/mores-lab/mores/datasets"
	"github.com/mores-lab/mores/features"
)

// modelsOfShop are the models of each quarter, as a study would have left them.
func modelsOfShop(t *testing.T, log *datasets.Log, o SnapshotOptions) (*snapshotLog, []SnapshotModel) {
	t.Helper()
	dates, err := Periods(log, "quarter")
	if err != nil {
		t.Fatal(err)
	}
	o.Scale = "block"
	l := &snapshotLog{o: o}
	var models []SnapshotModel
	for i, d := range dates {
		if err := l.add(context.Background(), log.AsOf(d), d); err != nil {
			t.Fatal(err)
		}
		m := l.models[i]
		models = append(models, SnapshotModel{Name: d.Format(time.DateOnly), Pipeline: m.pipeline, Rule: m.rule, Names: m.names, To: d})
	}
	return l, models
}

// Models alone and a log give what the log gave when they were made: the same customers,
// segments, value and behaviour, and the same labels by every model at every date; in one
// shard or in seven.
func TestModelSnapshots(t *testing.T) {
	ctx, log := context.Background(), migrationShop()
	want, models := modelsOfShop(t, log, snapshotOptions(t))
	for _, of := range []*datasets.Log{log, log.Reshard(7)} {
		snaps, relabel, warnings, err := ModelSnapshots(ctx, of, models, 1)
		if err != nil || len(warnings) > 0 {
			t.Fatal(err, warnings)
		}
		for i, s := range snaps {
			w := want.snaps[i]
			if !slices.Equal(s.IDs, w.IDs) || !slices.Equal(s.Labels, w.Labels) || !slices.Equal(s.Value, w.Value) || !slices.Equal(s.Names, w.Names) ||
				!slices.Equal(s.Raw.Data(), w.Raw.Data()) || s.Date != w.Date {
				t.Errorf("%s is another snapshot", w.Date)
			}
			for j := range models {
				got, err := relabel(ctx, j, i)
				old, oldErr := want.relabel(ctx, j, i)
				if err != nil || oldErr != nil || !slices.Equal(got, old) {
					t.Errorf("model %d labels the customers of date %d otherwise: %v %v", j, i, err, oldErr)
				}
			}
		}
		if _, err := NewMigration(ctx, snaps, relabel, NewMigrationOptions()); err != nil {
			t.Error(err)
		}
	}
	models[1].From = models[0].To
	snaps, _, _, err := ModelSnapshots(ctx, log, models, 0)
	if err != nil || len(snaps[1].IDs) >= len(want.snaps[1].IDs) {
		t.Errorf("a window of a quarter holds %d customers, all that was %d, %v", len(snaps[1].IDs), len(want.snaps[1].IDs), err)
	}
}

func TestModelSnapshotsRefuse(t *testing.T) {
	ctx, log := context.Background(), migrationShop()
	_, models := modelsOfShop(t, log, snapshotOptions(t))
	r, err := features.NewRecipe("other", "interpurchase")
	if err != nil {
		t.Fatal(err)
	}
	_, others := modelsOfShop(t, log, SnapshotOptions{Recipe: r, Algorithm: &cluster.KMeans{NClusters: 2, Init: "k-means++", NInit: 1, MaxIter: 300}, Seed: 1})
	b := datasets.NewBuilder(datasets.Meta{Name: "visits"})
	b.Add(datasets.Event{Customer: "a", Time: models[0].To.AddDate(0, -1, 0).UnixMicro(), Kind: datasets.Visit})
	visits := b.Log()
	early := models[0]
	early.To = log.Meta.Window.From
	rare := models[0]
	rare.Pipeline = &features.Pipeline{}
	*rare.Pipeline = *models[0].Pipeline
	rare.Pipeline.Minimum = 1000
	for want, c := range map[string]struct {
		log    *datasets.Log
		models []SnapshotModel
	}{
		"models on different features": {log, []SnapshotModel{models[0], others[1]}},
		"visits lacks":                 {visits, models},
		"does not come after":          {log, []SnapshotModel{models[1], models[0]}},
		"nothing had happened":         {log, []SnapshotModel{early, models[1]}},
		"purchase days that it needs":  {log, []SnapshotModel{rare, models[1]}},
		"table of features":            {log, []SnapshotModel{{Name: "x", Pipeline: &features.Pipeline{}}, models[1]}},
	} {
		if _, _, _, err := ModelSnapshots(ctx, c.log, c.models, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not what is said: %v", want, err)
		}
	}
}
