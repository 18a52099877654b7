package golearn

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/sjwhitworth/golearn/base"
	"github.com/sjwhitworth/golearn/trees"
)

// grow grows a tree; tests put a broken one in its place.
var grow = growCART

// errTree is the error of a tree that cannot come from the codes it was given.
var errTree = errors.New("golearn grew a tree that makes no sense")

// node is a split of a tree that golearn grew: codes below the threshold go left.
type node struct {
	feature     int
	threshold   float64
	left, right *node
}

// growCART fits golearn's CART classifier. Its ID3 would not do: it has no limit of
// depth, and recurses without end where equal rows bear different labels.
func growCART(codes [][]float64, own []bool, depth int) (*node, error) {
	d := len(codes[0])
	inst := base.NewDenseInstances()
	specs := make([]base.AttributeSpec, d)
	for j := range specs {
		specs[j] = inst.AddAttribute(base.NewFloatAttribute("f" + strconv.Itoa(j)))
	}
	class := base.NewFloatAttribute("class")
	classSpec := inst.AddAttribute(class)
	if err := inst.AddClassAttribute(class); err != nil {
		return nil, err
	}
	if err := inst.Extend(len(codes)); err != nil {
		return nil, err
	}
	for i, row := range codes {
		for j, v := range row {
			inst.Set(specs[j], i, base.PackFloatToBytes(v))
		}
		y := 0.0
		if own[i] {
			y = 1
		}
		inst.Set(classSpec, i, base.PackFloatToBytes(y))
	}
	t := trees.NewDecisionTreeClassifier(trees.GINI, int64(depth), []int64{0, 1})
	if err := t.Fit(inst); err != nil {
		return nil, err
	}
	if t.RootNode == nil || t.RootNode.Threshold == 0 && t.RootNode.Left == nil && t.RootNode.Right == nil {
		return nil, nil // codes begin at −1 and are whole: no cut of them lies at 0 in a tree of one node but the absent one
	}
	// golearn exports its nodes' fields, but not their type.
	type task struct {
		to    *node
		depth int
	}
	root := &node{}
	from, tasks := list(t.RootNode), []task{{root, 1}}
	for len(from) > 0 {
		last := len(from) - 1
		n, at := from[last], tasks[last]
		from, tasks = from[:last], tasks[:last]
		if at.depth > depth {
			return nil, errTree
		}
		at.to.feature, at.to.threshold = int(n.Feature), n.Threshold
		if n.Left != nil {
			at.to.left = &node{}
			from, tasks = append(from, n.Left), append(tasks, task{at.to.left, at.depth + 1})
		}
		if n.Right != nil {
			at.to.right = &node{}
			from, tasks = append(from, n.Right), append(tasks, task{at.to.right, at.depth + 1})
		}
	}
	return root, nil
}

func list[T any](x ...T) []T { return x }

// guarded grows a tree and turns a panic into an error.
func guarded(codes [][]float64, own []bool, depth int) (root *node, err error) {
	defer func() {
		if p := recover(); p != nil {
			root, err = nil, fmt.Errorf("golearn could not grow the tree: %v", p)
		}
	}()
	return grow(codes, own, depth)
}

// boxes grows a tree and returns its nodes as boxes, inner nodes too: they are the
// shorter rules. None where nothing splits.
func (s *sample) boxes(depth int) ([]box, error) {
	root, err := guarded(s.codes, s.own, depth)
	if err != nil || root == nil {
		return nil, err
	}
	var out []box
	var walk func(n *node, at box, left int) error
	walk = func(n *node, at box, left int) error {
		if n == nil {
			return nil
		}
		if left == 0 || n.feature < 0 || n.feature >= len(s.cuts) {
			return errTree
		}
		// codes below the threshold are those up to below.
		bins := len(s.cuts[n.feature])
		below := int(math.Ceil(n.threshold)) - 1
		if !(n.threshold > -1 && n.threshold < float64(bins)) {
			return errTree
		}
		if below >= 0 { // else the values are missing, which no condition asks for
			b := at.with(n.feature, 0, below)
			out = append(out, b)
			if err := walk(n.left, b, left-1); err != nil {
				return err
			}
		}
		b := at.with(n.feature, below+1, bins)
		out = append(out, b)
		return walk(n.right, b, left-1)
	}
	if err := walk(root, nil, depth); err != nil {
		return nil, err
	}
	return out, nil
}
