package cluster

type kmeansBounds struct{}

func (b *kmeansBounds) advance(r *kmeansRun, last, centers []float64) {}

func (b *kmeansBounds) scan(r *kmeansRun, t *kmeansScratch, s *kmeansShard, fresh bool) {}
