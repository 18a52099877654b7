package golearn

import (
	"errors"
	"math/rand/v2"
	"strconv"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/trees"
)

// errTree is the error of a tree that cannot come from the codes it was given.
var errTree = errors.New("golearn grew a tree that makes no sense")

// cart is a node of a tree that golearn grew: codes below the threshold go left, to a
// node or to a class.
type cart struct {
	feature     int
	threshold   float64
	left, right *cart
	classes     [2]int
}

func (n *cart) classify(codes []int) int {
	for {
		side, next := 0, n.left
		if float64(codes[n.feature]) >= n.threshold {
			side, next = 1, n.right
		}
		if next == nil {
			return n.classes[side]
		}
		n = next
	}
}

func (n *cart) depth() int {
	if n == nil {
		return 0
	}
	return 1 + max(n.left.depth(), n.right.depth())
}

// constant gives everybody the same class: a tree without a split.
type constant int

func (c constant) classify([]int) int { return int(c) }
func (c constant) depth() int         { return 0 }

func growCART(s *sample, opt Options) (classifier, error) {
	return fitCART(s.codes, s.class, s.classes, opt.Depth)
}

// fitCART fits golearn's CART classifier. Codes are at least 0 there, and cuts lie
// between them, so that its thresholds are above 0 and 0 says that it did not split.
func fitCART(codes [][]int, class []int, classes, depth int) (classifier, error) {
	d := len(codes[0])
	inst := base.NewDenseInstances()
	specs := make([]base.AttributeSpec, d)
	for j := range specs {
		specs[j] = inst.AddAttribute(base.NewFloatAttribute("f" + strconv.Itoa(j)))
	}
	attr := base.NewFloatAttribute("class")
	classSpec := inst.AddAttribute(attr)
	if err := inst.AddClassAttribute(attr); err != nil {
		return nil, err
	}
	if err := inst.Extend(len(codes)); err != nil {
		return nil, err
	}
	counts := make([]int, classes)
	for i, row := range codes {
		for j, v := range row {
			inst.Set(specs[j], i, base.PackFloatToBytes(float64(v)))
		}
		inst.Set(classSpec, i, base.PackFloatToBytes(float64(class[i])))
		counts[class[i]]++
	}
	var labels []int64
	for c := range classes {
		labels = append(labels, int64(c))
	}
	t := trees.NewDecisionTreeClassifier(trees.GINI, int64(depth), labels)
	if err := t.Fit(inst); err != nil {
		return nil, err
	}
	if t.RootNode == nil || t.RootNode.Threshold == 0 {
		return constant(mode(counts)), nil
	}
	// golearn exports its nodes' fields, but not their type.
	type task struct {
		to    *cart
		depth int
	}
	root := &cart{}
	from, tasks := list(t.RootNode), []task{{root, 1}}
	for len(from) > 0 {
		last := len(from) - 1
		n, at := from[last], tasks[last]
		from, tasks = from[:last], tasks[:last]
		*at.to = cart{feature: int(n.Feature), threshold: n.Threshold, classes: [2]int{int(n.LeftLabel), int(n.RightLabel)}}
		if at.depth > depth || !at.to.sound(d, classes) {
			return nil, errTree
		}
		if n.Left != nil {
			at.to.left = &cart{}
			from, tasks = append(from, n.Left), append(tasks, task{at.to.left, at.depth + 1})
		}
		if n.Right != nil {
			at.to.right = &cart{}
			from, tasks = append(from, n.Right), append(tasks, task{at.to.right, at.depth + 1})
		}
	}
	return root, nil
}

// sound reports whether a node can come from the codes.
func (n *cart) sound(features, classes int) bool {
	for _, c := range n.classes {
		if c < 0 || c >= classes {
			return false
		}
	}
	return n.feature >= 0 && n.feature < features && n.threshold > 0
}

func list[T any](x ...T) []T { return x }

// forest is several trees, each on some of the columns.
type forest struct {
	trees   []classifier
	columns [][]int
	classes int
}

func growForest(s *sample, opt Options) (classifier, error) {
	rng := rand.New(rand.NewPCG(opt.Seed, forestStream))
	f := &forest{classes: s.classes}
	rows := min(len(s.codes), forestRows)
	for range opt.Forest {
		columns := rng.Perm(len(s.columns))[:(4*len(s.columns)+4)/5]
		codes, class := make([][]int, rows), make([]int, rows)
		for i := range rows {
			from := rng.IntN(len(s.codes))
			class[i] = s.class[from]
			for _, j := range columns {
				codes[i] = append(codes[i], s.codes[from][j])
			}
		}
		t, err := fitCART(codes, class, s.classes, forestDepth)
		if err != nil {
			return nil, err
		}
		f.trees, f.columns = append(f.trees, t), append(f.columns, columns)
	}
	return f, nil
}

// forestStream is the stream of the forest's draws.
const forestStream = 0x666f72657374

func (f *forest) classify(codes []int) int {
	votes := make([]int, f.classes)
	var own []int
	for t, tree := range f.trees {
		own = own[:0]
		for _, j := range f.columns[t] {
			own = append(own, codes[j])
		}
		votes[tree.classify(own)]++
	}
	return mode(votes)
}

func (f *forest) depth() int {
	d := 0
	for _, t := range f.trees {
		d = max(d, t.depth())
	}
	return d
}
