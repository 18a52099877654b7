package report

// Term is an entry of the glossary.
type Term struct{ Name, Doc string }

// glossary explains the words a report uses, in the order of reading. Indices are
// not here: the protocol takes their definitions from eval.
var glossary = []Term{
	{"Segment", "A group of customers whose behaviour, as measured by the features, is more alike within than between. Segments are numbered by size: Segment 1 is the largest."},
	{"Unassigned", "Customers whom the algorithm put into no segment (“noise”). In the ranking they count as one more segment, so that leaving out hard customers cannot make a segmentation look better."},
	{"Coverage", "The share of the clustered customers who are in a segment. Runs whose coverage differs by more than 5 points are not ranked against each other."},
	{"Stratum", "A group set apart by a rule before clustering, for lack of evidence: “prospect” has bought nothing, “one purchase” has bought once, “enough” has enough purchases for every feature. Only “enough” is clustered."},
	{"Feature set", "The behavioural measurements that were clustered together. Indices are compared only within one feature set and one scaling: elsewhere distance means something else."},
	{"Scaling", "How features of different units were made comparable before distances were taken."},
	{"Block share", "The part of the mean squared distance between customers that one block of features causes. A block with a large share decides the segments."},
	{"Index", "A number that rates a segmentation. What an index cannot say is printed as –, with the reason; it is never 0."},
	{"±", "Half the width of the interval that holds the value with 95 % confidence, where the index can say."},
	{"~", "Not distinguishable from the best of its feature set."},
	{"Sampled", "The index was computed on a random part of the customers; the number looked at stands beside it."},
	{"Standardised difference", "(mean of the segment − mean of all other customers) ÷ √((variance of the segment + variance of the others) ÷ 2). About 0.2 is small, 0.5 medium, 0.8 large (Cohen 1988)."},
	{"Stop", "Why an algorithm ended: converged, max_iter (it ran out of iterations before it converged) or exact (it does not iterate)."},
	{"Objective", "What the algorithm itself minimises or maximises. It falls or rises with the number of segments by nature and does not compare algorithms."},
}
