package datasets

// RetailParameters are the chances and rates that each buying customer of retail-sim was
// given, and the segment around which they were drawn: what the best explanation of a
// planted segment can be made of. For tests outside of the package.
func RetailParameters(customers int, seed uint64) (names []string, x [][]float64, segments []int32, err error) {
	_, people, err := (&RetailSim{Customers: customers, Prospects: 0.05}).simulate(seed)
	if err != nil {
		return nil, nil, nil, err
	}
	names = []string{"trips_week", "trips_christmas_week", "trips_campaign_week", "joined_week", "lapse_week"}
	for _, d := range [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"} {
		names = append(names, "on_"+d)
	}
	for _, d := range [...]string{"08", "11", "14", "17", "20"} {
		names = append(names, "from_"+d)
	}
	for _, c := range retailChannels {
		names = append(names, "by_"+c)
	}
	for _, c := range retailCategories {
		names = append(names, "buys_"+c.name)
	}
	names = append(names, "more_lines", "discount", "returns", "views_week", "opens", "clicks")
	for _, c := range people {
		if c.segment < 0 {
			continue
		}
		s := &retailSegments[c.segment]
		christmas, campaign := s.christmas, s.campaign
		if s.twice {
			christmas, campaign = 1, 1 // no season changes their weeks
		}
		row := []float64{c.rate, c.rate * christmas, c.rate * campaign, float64(c.joined), float64(c.lapse)}
		for _, p := range [][]float64{c.weekdayP, c.daypartP, c.channelP, c.categoryP} {
			row = append(row, p...)
		}
		x = append(x, append(row, c.moreLines, c.discount, c.back, c.viewRate, c.opens, c.clicks))
		segments = append(segments, int32(c.segment))
	}
	return names, x, segments, nil
}
